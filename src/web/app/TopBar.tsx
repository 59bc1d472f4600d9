/** What it all comes to, and the ways out: modes, undo, exports, help. */

import type { Applied, LabelState, Session, Totals } from './api';
import { EXPORTS } from './client';
import { brief, count, delta, percent, points, share } from './format';
import { DecisionIcon, Export, Sieve, Theme, Undo } from './icons';
import type { Mode } from './state';

interface Props {
  session: Session;
  applied: Applied;
  labels: LabelState;
  mode: Mode;
  pending: boolean;
  took: number | null;
  changes: number;
  canUndo: boolean;
  onMode(mode: Mode): void;
  onUndo(): void;
  onTheme(): void;
  onHelp(): void;
  onSave(what: 'labels' | 'overlay'): void;
}

const MODES: { mode: Mode; name: string; key: string }[] = [
  { mode: 'tune', name: 'Tune', key: '1' },
  { mode: 'label', name: 'Label', key: '2' },
  { mode: 'fit', name: 'Fit', key: '3' },
];

export function TopBar(props: Props) {
  const { session, applied, labels, mode } = props;
  return (
    <header class="top">
      <h1 class="brand"><Sieve /> tamis</h1>
      <nav class="modes" aria-label="Modes">
        {MODES.map(({ mode: each, name, key }) => (
          <button key={each} type="button" class="mode" aria-current={mode === each ? 'page' : undefined}
            title={`${name} (${key})`} onClick={() => props.onMode(each)}>
            {name}
            {each === 'label' && labels.keep + labels.remove > 0 && (
              <span class="badge">{labels.keep + labels.remove}</span>
            )}
          </button>
        ))}
      </nav>
      <Summary base={session.base} now={applied.totals} changed={applied.changed.length} />
      <div class="speed" data-pending={props.pending} data-took={props.took ?? ''}>
        {props.pending ? 'working…' : props.took === null ? '' : `${Math.round(props.took)} ms`}
      </div>
      <div class="tools">
        <button type="button" class="tool" disabled={!props.canUndo} title="Undo the last change (z)" onClick={props.onUndo}>
          <Undo /><span class="sr">Undo</span>
        </button>
        <button type="button" class="tool wide" popovertarget="exports" title="Export and save">
          <Export /> Export
          {labels.unsaved && <span class="dot" title="Labels are not saved yet"><span class="sr">, labels are not saved yet</span></span>}
        </button>
        <button type="button" class="tool" title="Light or dark" onClick={props.onTheme}><Theme /><span class="sr">Light or dark</span></button>
        <button type="button" class="tool" title="Keys and help (?)" onClick={props.onHelp}><span class="glyph">?</span><span class="sr">Keys and help</span></button>
      </div>
      <div id="exports" class="menu" popover="auto">
        <h2>Overlay</h2>
        <p>{props.changes === 0 ? 'No changes yet.' : `${props.changes} change${props.changes === 1 ? '' : 's'} on top of ${session.rules.join(', ')}.`}</p>
        <a href={EXPORTS.overlay} download="overlay.toml">Download overlay.toml</a>
        {session.files.overlay !== null && (
          <button type="button" onClick={() => props.onSave('overlay')}>Save to {session.files.overlay}</button>
        )}
        <h2>Labels</h2>
        <p>{labelled(labels)}</p>
        <a href={EXPORTS.labels} download="labels.jsonl">Download labels.jsonl</a>
        {session.files.labels !== null && (
          <button type="button" onClick={() => props.onSave('labels')}>Save to {session.files.labels}</button>
        )}
      </div>
    </header>
  );
}

function labelled(labels: LabelState): string {
  const all = labels.keep + labels.remove;
  if (all === 0) return 'No labels yet.';
  const documents = `${labels.documents} document${labels.documents === 1 ? '' : 's'}`;
  return `${all} paragraph${all === 1 ? '' : 's'} in ${documents}${labels.unsaved ? ', not saved yet' : ', saved'}.`;
}

function Summary({ base, now, changed }: { base: Totals; now: Totals; changed: number }) {
  const gone = share(now.removed, now.characters);
  const before = share(base.removed, base.characters);
  return (
    <dl class="summary" title="Now, with the difference from the rules you began with">
      {(['kept', 'cut', 'dropped'] as const).map((decision) => (
        <div key={decision} class="figure">
          <dt><DecisionIcon of={decision} /> {decision}</dt>
          <dd data-count={decision} data-value={now[decision]}>{count(now[decision])}<Delta text={delta(now[decision] - base[decision])} /></dd>
        </div>
      ))}
      <div class="figure">
        <dt>text removed</dt>
        <dd data-count="removed" title={`${count(now.removed)} of ${count(now.characters)} characters (${brief(now.removed)})`}>
          {percent(gone)}<Delta text={points(gone - before)} />
        </dd>
      </div>
      <div class={`figure ${changed > 0 ? 'lit' : ''}`}>
        <dt>changed</dt>
        <dd data-count="changed" data-value={changed}>{count(changed)}</dd>
      </div>
    </dl>
  );
}

export function Delta({ text }: { text: string }) {
  return text ? <span class="delta">{text}</span> : null;
}
