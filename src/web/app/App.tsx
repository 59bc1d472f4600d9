/** Puts the parts together: what is asked of the program when, and what keys do. */

import { useCallback, useEffect, useMemo, useReducer, useRef, useState } from 'preact/hooks';
import type { Applied, Overlay, SaveRequest } from './api';
import * as client from './client';
import { DocumentList } from './DocumentList';
import { DocumentPane } from './DocumentPane';
import { FitMode } from './FitMode';
import { Help } from './Help';
import { LabelMode } from './LabelMode';
import { Latest } from './latest';
import { filtered, rows, step } from './list';
import { changedBlocks } from './marks';
import { told } from './overlay';
import { RulePanel } from './RulePanel';
import { INITIAL, reduce } from './state';
import { nextTheme } from './theme';
import { TopBar } from './TopBar';

/** Milliseconds that a search waits for the next letter. */
const TYPING = 150;

export function App() {
  const [state, dispatch] = useReducer(reduce, INITIAL);
  const [help, setHelp] = useState(false);
  const { session, applied } = state;

  useEffect(() => {
    client.session().then(
      (got) => dispatch({ type: 'loaded', session: got }),
      (error) => dispatch({ type: 'failed', message: client.message(error) }),
    );
  }, []);

  // Changes go to the program, the newest at a time.
  const since = useRef(0);
  const sender = useRef<Latest<Overlay, Applied> | null>(null);
  sender.current ??= new Latest({
    send: (overlay, signal) => client.apply(overlay, signal),
    done: (answer, overlay) => {
      // Until the page has been drawn: that is when it is seen.
      const from = since.current;
      dispatch({ type: 'applied', applied: answer, overlay, took: performance.now() - from });
    },
    failed: (error) => dispatch({ type: 'refused', message: client.message(error) }),
  });
  const sent = useRef<Overlay | null>(null);
  useEffect(() => {
    if (!session) return;
    const known = sent.current ?? session.overlay;
    if (state.overlay === known) return;
    sent.current = state.overlay;
    since.current = performance.now();
    // What was refused is back where the program still is.
    if (state.overlay !== state.accepted || sender.current!.busy) sender.current!.push(state.overlay);
  }, [session, state.overlay]);

  // The document that is looked at, anew whenever rules have changed.
  const revision = applied?.revision;
  const isTuning = state.mode === 'tune';
  useEffect(() => {
    if (!session || session.documents.length === 0) return undefined;
    const stop = new AbortController();
    client.document(state.selected, stop.signal).then(
      (view) => dispatch({ type: 'view', view }),
      (error) => stop.signal.aborted || dispatch({ type: 'notice', notice: client.message(error) }),
    );
    return () => stop.abort();
  }, [session, state.selected, revision]);

  const query = state.query.trim();
  useEffect(() => {
    if (!query) return undefined;
    const stop = new AbortController();
    const timer = setTimeout(() => {
      client.search(query, stop.signal).then(
        ({ documents }) => dispatch({ type: 'found', query, documents }),
        (error) => stop.signal.aborted || dispatch({ type: 'notice', notice: client.message(error) }),
      );
    }, TYPING);
    return () => { clearTimeout(timer); stop.abort(); };
  }, [query]);

  useEffect(() => {
    if (!state.notice) return undefined;
    const timer = setTimeout(() => dispatch({ type: 'notice', notice: null }), 6000);
    return () => clearTimeout(timer);
  }, [state.notice]);

  const unsaved = state.labels?.unsaved === true;
  useEffect(() => {
    if (!unsaved) return undefined;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', ask);
    return () => removeEventListener('beforeunload', ask);
  }, [unsaved]);

  const all = useMemo(() => (session && applied ? rows(session.documents, applied) : []), [session, applied]);
  const shown = useMemo(() => filtered(all, state.filter, state.found), [all, state.filter, state.found]);
  const byName = useMemo(() => new Map(session?.rule_list.map((rule) => [rule.name, rule])), [session]);
  const ruleNames = useMemo(() => new Set(byName.keys()), [byName]);
  const changed = useMemo(() => applied?.changed.map((row) => row.document) ?? [], [applied]);

  const select = useCallback((document: number) => dispatch({ type: 'select', document }), []);
  const openRule = useCallback((rule: string | null) => {
    dispatch({ type: 'mode', mode: 'tune' });
    dispatch({ type: 'rule', rule });
  }, []);
  const change = useCallback((overlay: Overlay, of: string) => dispatch({ type: 'change', overlay, of }), []);
  const settled = useCallback(() => dispatch({ type: 'settled' }), []);
  const onBlock = useCallback((block: number | null) => dispatch({ type: 'block', block }), []);
  const onBrief = useCallback((brief: boolean) => dispatch({ type: 'brief', brief }), []);

  const stepDocument = (by: 1 | -1) => {
    const next = step(changed, state.selected, by);
    if (next === null) dispatch({ type: 'notice', notice: 'No document is different from before.' });
    else if (next !== state.selected) select(next);
  };
  const stepListed = (by: 1 | -1) => {
    const place = shown.findIndex((row) => row.document === state.selected);
    const next = shown[place < 0 ? 0 : Math.min(shown.length - 1, Math.max(0, place + by))];
    if (next) select(next.document);
  };
  const stepChange = (by: 1 | -1) => {
    if (!state.view) return;
    const blocks = changedBlocks(state.view);
    const from = state.block ?? (by === 1 ? -1 : Number.MAX_SAFE_INTEGER);
    const next = by === 1 ? blocks.find((block) => block > from) : blocks.findLast((block) => block < from);
    if (next !== undefined) onBlock(next);
    else stepDocument(by);
  };

  const save = async (what: SaveRequest['what']) => {
    document.getElementById('exports')?.hidePopover();
    try {
      const saved = await client.save({ what });
      dispatch({ type: 'labels', labels: saved.labels });
      dispatch({ type: 'notice', notice: `Saved to ${saved.file}` });
    } catch (error) {
      dispatch({ type: 'notice', notice: client.message(error) });
    }
  };

  const keys: Record<string, () => void> = {
    '1': () => dispatch({ type: 'mode', mode: 'tune' }),
    '2': () => dispatch({ type: 'mode', mode: 'label' }),
    '3': () => dispatch({ type: 'mode', mode: 'fit' }),
    '?': () => setHelp(true),
    '/': () => {
      dispatch({ type: 'mode', mode: 'tune' });
      requestAnimationFrame(() => document.getElementById('search')?.focus());
    },
    z: () => dispatch({ type: 'undo' }),
    ...(isTuning && {
      n: () => stepDocument(1), p: () => stepDocument(-1),
      '.': () => stepChange(1), ',': () => stepChange(-1),
      j: () => stepListed(1), k: () => stepListed(-1),
      b: () => onBrief(!state.brief),
      Escape: () => onBlock(null),
    }),
  };
  const pressed = useRef(keys);
  pressed.current = keys;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      const target = event.target as HTMLElement;
      if (target.closest('dialog')) return;
      if (target.closest('input:not([type=checkbox]):not([type=range]), select, textarea')) {
        if (event.key === 'Escape') target.blur();
        return;
      }
      const does = pressed.current[event.key];
      if (!does) return;
      event.preventDefault();
      does();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);

  if (state.failure) return <p class="failure" role="alert">{state.failure}</p>;
  if (!session || !applied || !state.labels) return <p class="failure" role="status">Loading…</p>;

  const row = session.documents[state.selected];
  return (
    <div class={`app mode-${state.mode}`}>
      <TopBar session={session} applied={applied} labels={state.labels} mode={state.mode} pending={state.pending} took={state.took}
        changes={told(state.overlay, byName).length} canUndo={state.undo.length > 0} onMode={(mode) => dispatch({ type: 'mode', mode })}
        onUndo={() => dispatch({ type: 'undo' })} onTheme={nextTheme} onHelp={() => setHelp(true)} onSave={save} />
      {state.mode === 'tune' && (
        <>
          <DocumentList all={all} shown={shown} filter={state.filter} query={state.query} selected={state.selected}
            onFilter={(filter) => dispatch({ type: 'filter', filter })} onQuery={(text) => dispatch({ type: 'query', query: text })} onSelect={select} />
          {row ? (
            <DocumentPane row={row} view={state.view?.document === state.selected ? state.view : null} decide={session.decide} rules={ruleNames}
              block={state.block} brief={state.brief} changed={changed.length} onBlock={onBlock} onBrief={onBrief} onRule={openRule}
              onStep={stepDocument} />
          ) : (
            <main class="document"><p class="empty">There is no document in the inputs that could be read.</p></main>
          )}
          <RulePanel rules={session.rule_list} byName={byName} applied={applied} overlay={state.overlay} open={state.rule} problem={state.problem}
            onOpen={openRule} onChange={change} onSettled={settled} />
        </>
      )}
      {state.mode === 'label' && (
        <LabelMode labels={state.labels} onLabels={(labels) => dispatch({ type: 'labels', labels })} onFit={() => dispatch({ type: 'mode', mode: 'fit' })}
          onShow={(document, block) => {
            select(document);
            onBlock(block);
            dispatch({ type: 'mode', mode: 'tune' });
          }} />
      )}
      {state.mode === 'fit' && (
        <FitMode labels={state.labels} onLabel={() => dispatch({ type: 'mode', mode: 'label' })} onRule={openRule}
          onApply={(overlay) => {
            change(overlay, 'fit');
            dispatch({ type: 'mode', mode: 'tune' });
            dispatch({ type: 'filter', filter: 'changed' });
          }} />
      )}
      <Status applied={applied} pending={state.pending} />
      {state.notice && <p class="notice" role="status">{state.notice}</p>}
      <Help open={help} onClose={() => setHelp(false)} />
    </div>
  );
}

/** Says what changes come to, once they have come to rest. */
function Status({ applied, pending }: { applied: Applied; pending: boolean }) {
  const [text, setText] = useState('');
  const first = useRef(applied.revision);
  useEffect(() => {
    if (pending || applied.revision === first.current) return undefined;
    const { kept, cut, dropped } = applied.totals;
    const timer = setTimeout(() => {
      setText(`${kept} kept, ${cut} cut, ${dropped} dropped; ${applied.changed.length} documents changed`);
    }, 600);
    return () => clearTimeout(timer);
  }, [applied.revision, pending]);
  return <div class="sr" role="status" aria-live="polite" data-status>{text}</div>;
}
