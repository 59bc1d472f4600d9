/** One document: its text paragraph by paragraph, what goes of it before and now, and why. */

import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Block, Decide, DocumentRow, DocumentView, Verdict, Whole } from './api';
import { count, score } from './format';
import { DecisionIcon, Down, Up } from './icons';
import { type BlockMark, blockMark, changedBlocks, isChanged, isMarked, type Segment, segments } from './marks';
import { VerdictDetail } from './Verdict';

/** So many paragraphs are drawn at first; a book has thousands. */
const DRAWN = 400;

interface Props {
  row: DocumentRow;
  view: DocumentView | null;
  decide: Decide;
  rules: ReadonlySet<string>;
  block: number | null;
  brief: boolean;
  changed: number;
  onBlock(block: number | null): void;
  onBrief(brief: boolean): void;
  onRule(rule: string): void;
  onStep(by: 1 | -1): void;
}

export function DocumentPane(props: Props) {
  const { row, view, block, brief } = props;
  const box = useRef<HTMLDivElement>(null);
  const [drawn, setDrawn] = useState(DRAWN);
  const shown = view?.document;

  useEffect(() => setDrawn(DRAWN), [shown]);

  // A document is shown from its first change on.
  useLayoutEffect(() => {
    const element = box.current;
    if (!element || !view) return;
    const first = changedBlocks(view)[0];
    const target = first === undefined ? null : element.querySelector(`[data-block="${first}"]`);
    element.scrollTop = 0;
    if (target) scrollTo(element, target);
  }, [shown]);

  // What is selected is in view, with what is said of it.
  useLayoutEffect(() => {
    const element = box.current;
    if (!element || block === null) return;
    if (block >= drawn) {
      setDrawn(block + DRAWN);
      return;
    }
    const target = element.querySelector(`[data-block="${block}"]`);
    if (target) scrollTo(element, target);
  }, [block, drawn]);

  const wanted = useMemo(() => {
    if (!view) return [];
    return view.blocks.map((one, number) => {
      const pieces = segments(one.start, one.end, view.removed_before, view.removed_now);
      return { one, number, pieces, mark: blockMark(pieces) };
    }).filter(({ one, mark }) => !brief || mark !== 'kept' || isMarked(one));
  }, [view, brief]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (!['ArrowDown', 'ArrowUp'].includes(event.key) || event.ctrlKey || event.metaKey || event.altKey) return;
    const gutter = (event.target as HTMLElement).closest('.gutter');
    if (!gutter || !box.current) return;
    event.preventDefault();
    const all = [...box.current.querySelectorAll<HTMLElement>('.gutter')];
    const next = all[all.indexOf(gutter as HTMLElement) + (event.key === 'ArrowDown' ? 1 : -1)];
    next?.focus();
    if (next && block !== null) props.onBlock(Number(next.dataset.number));
  };

  return (
    <main class="document" aria-label="Document">
      <header class="about">
        <div class="name">
          <h2 title={row.id}>{row.id}</h2>
          <p class="from">
            {view?.url && <span class="url" title={view.url}>{view.url}</span>}
            {row.source !== row.id && <span>{row.source}{view ? `, record ${view.record}` : ''}</span>}
            <span>{row.language ?? 'language unknown'}</span>
            <span>{count(row.characters)} characters</span>
          </p>
        </div>
        <div class="steps">
          <label class="check" title="Only paragraphs that rules speak of (b)">
            <input type="checkbox" checked={brief} onChange={(event) => props.onBrief(event.currentTarget.checked)} /> brief
          </label>
          <span class="pair" role="group" aria-label="Changed documents">
            <button type="button" class="tool" disabled={props.changed === 0} title="Previous changed document (p)" onClick={() => props.onStep(-1)}><Up /><span class="sr">Previous changed document</span></button>
            <button type="button" class="tool" disabled={props.changed === 0} title="Next changed document (n)" onClick={() => props.onStep(1)}><Down /><span class="sr">Next changed document</span></button>
          </span>
        </div>
      </header>
      {view && <Decided before={view.before} now={view.now} decide={props.decide} rules={props.rules} onRule={props.onRule} />}
      <div class="text" ref={box} onKeyDown={onKeyDown} tabIndex={-1} aria-busy={view === null}>
        {view && (
          <ol class="blocks" lang={row.language ?? undefined}>
            {wanted.slice(0, drawn).map(({ one, number, pieces, mark }) => (
              <Paragraph key={number} view={view} block={one} number={number} pieces={pieces} mark={mark}
                open={block === number} decide={props.decide} rules={props.rules} onBlock={props.onBlock} onRule={props.onRule} />
            ))}
          </ol>
        )}
        {view && wanted.length === 0 && <p class="empty">{view.blocks.length === 0 ? 'This document has no text.' : 'No rule has anything to say here.'}</p>}
        {wanted.length > drawn && (
          <button type="button" class="more" onClick={() => setDrawn(drawn + DRAWN * 5)}>
            {count(wanted.length - drawn)} more paragraphs
          </button>
        )}
      </div>
      <footer class="legend" aria-label="Marks">
        <span><del class="removed">removed</del> before and now</span>
        <span><del class="newly-removed">newly removed</del></span>
        <span><ins class="newly-kept">newly kept</ins></span>
      </footer>
    </main>
  );
}

function scrollTo(box: HTMLElement, target: Element): void {
  const [outer, inner] = [box.getBoundingClientRect(), target.getBoundingClientRect()];
  if (inner.top < outer.top || inner.bottom > outer.bottom) {
    box.scrollTop += inner.top - outer.top - Math.min(80, outer.height / 4);
  }
}

const SIGNS: Record<BlockMark, string> = {
  kept: '', removed: '−', 'newly-removed': '−', 'newly-kept': '+', 'part-removed': '~', 'part-changed': '±',
};

const SAID: Record<BlockMark, string> = {
  kept: 'kept', removed: 'removed', 'newly-removed': 'newly removed', 'newly-kept': 'newly kept',
  'part-removed': 'removed in part', 'part-changed': 'changed in part',
};

interface ParagraphProps {
  view: DocumentView;
  block: Block;
  number: number;
  pieces: Segment[];
  mark: BlockMark;
  open: boolean;
  decide: Decide;
  rules: ReadonlySet<string>;
  onBlock(block: number | null): void;
  onRule(rule: string): void;
}

function Paragraph(props: ParagraphProps) {
  const { view, block, number, pieces, mark, open } = props;
  const toggle = () => props.onBlock(open ? null : number);
  const onText = () => {
    // A selection made with the mouse is no click.
    if (getSelection()?.isCollapsed !== false) toggle();
  };
  return (
    <li class={`block ${mark} ${isChanged(mark) ? 'changed' : ''} ${open ? 'open' : ''}`} data-block={number} data-mark={mark}>
      <button type="button" class="gutter" data-number={number} aria-expanded={open} onClick={toggle}
        aria-label={`Paragraph ${number + 1}, ${block.kind}, ${SAID[mark]}`}>
        <span class="sign" aria-hidden="true">{SIGNS[mark]}</span>
        <span class="place" aria-hidden="true">{number + 1}</span>
      </button>
      <div class={`words kind-${block.kind}`} onClick={onText}>
        {pieces.map((piece) => <Piece key={piece.start} piece={piece} text={view.text.slice(piece.start, piece.end)} />)}
      </div>
      <Points block={block} decide={props.decide} />
      {open && (
        <div class="why">
          <p class="what">{block.kind}{block.path ? ` · ${block.path}` : ''}</p>
          <VerdictDetail before={block.before} now={block.now} decide={props.decide} rules={props.rules} onRule={props.onRule} />
          {block.sentences.map((sentence) => (
            <section key={sentence.start} class="sentence">
              <blockquote>{view.text.slice(sentence.start, sentence.end)}</blockquote>
              <VerdictDetail before={sentence.before} now={sentence.now} decide={props.decide} rules={props.rules} onRule={props.onRule} />
            </section>
          ))}
        </div>
      )}
    </li>
  );
}

function Piece({ piece, text }: { piece: Segment; text: string }) {
  switch (piece.mark) {
    case 'kept':
      return <>{text}</>;
    case 'newly-kept':
      return <ins class="newly-kept" title="newly kept">{text}</ins>;
    default:
      return <del class={piece.mark} title={piece.mark === 'removed' ? 'removed' : 'newly removed'}>{text}</del>;
  }
}

/** The verdict with the most to say: the block's own or, if no rule fired on it, a sentence's. */
function strongest(block: Block, of: 'before' | 'now'): Verdict {
  let best = block[of];
  if (block.before.hits.length > 0 || block.now.hits.length > 0) return best;
  for (const sentence of block.sentences) {
    const verdict = sentence[of];
    if (verdict && best.by === 'default' && verdict.points > best.points) best = verdict;
    if (verdict?.by === 'action' && best.by === 'default') best = verdict;
  }
  return best;
}

/** The score of a paragraph: points as far as they are from the bound, or the rule that settled it. */
function Points({ block, decide }: { block: Block; decide: Decide }) {
  const [before, now] = [strongest(block, 'before'), strongest(block, 'now')];
  if (now.hits.length === 0 && before.hits.length === 0 && now.by === 'default') return <span class="points none" />;
  const share = Math.max(0, Math.min(1, now.points / decide.remove_block_at));
  const settled = now.by === 'action' ? now.rule : now.by === 'default' || now.by === 'points' ? null : `by ${now.by}`;
  return (
    <span class={`points ${now.points >= decide.remove_block_at - 1e-9 ? 'full' : ''}`}>
      {settled !== null
        ? <span class="settled" title={`${now.action}: ${settled}`}>{settled.split('/').at(-1)}</span>
        : <>
            <span class="value">
              {before.points !== now.points && <><s>{score(before.points)}</s> </>}{score(now.points)}
            </span>
            <span class="bar"><span style={{ width: `${share * 100}%` }} /></span>
          </>}
    </span>
  );
}

const DECIDED: Record<Whole['decision'], string> = { kept: 'kept as it was', cut: 'kept, with cuts', dropped: 'dropped' };

function inWords(whole: Whole): string {
  if (whole.guard === 'dropped') return 'dropped: too much of it would have gone';
  if (whole.guard === 'left') return 'left as it was and flagged: too much would have gone';
  if (whole.decision === 'dropped') return `dropped by ${whole.rule ?? 'points'}`;
  return DECIDED[whole.decision];
}

function Decided({ before, now, decide, rules, onRule }: { before: Whole; now: Whole } & Pick<ParagraphProps, 'decide' | 'rules' | 'onRule'>) {
  const [open, setOpen] = useState(false);
  const scopes = (['source', 'page', 'document'] as const).flatMap((scope) => {
    const of = (whole: Whole) => whole.verdicts.find((one) => one.scope === scope)?.verdict ?? null;
    const [b, n] = [of(before), of(now)];
    return b || n ? [{ scope, b, n }] : [];
  });
  const [was, is] = [inWords(before), inWords(now)];
  const limits = { ...decide, remove_block_at: decide.drop_document_at };
  return (
    <div class={`decided ${now.decision} ${was !== is ? 'changed' : ''}`}>
      <p data-decision={now.decision}>
        {was !== is && <><DecisionIcon of={before.decision} /> <s>{was}</s> <span class="arrow">→</span> </>}
        <DecisionIcon of={now.decision} /> <strong>{is}</strong>
        {now.category && <span class="tag">{now.category}</span>}
        {scopes.length > 0 && (
          <button type="button" class="link" aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? 'less' : `why, ${scopes.length === 1 ? '1 verdict on the whole' : `${scopes.length} verdicts on the whole`}`}
          </button>
        )}
      </p>
      {open && scopes.map(({ scope, b, n }) => (
        <section key={scope} class="why">
          <p class="what">{scope}</p>
          <VerdictDetail before={b} now={n} decide={limits} rules={rules} onRule={onRule} />
        </section>
      ))}
    </div>
  );
}
