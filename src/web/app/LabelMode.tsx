/** Paragraphs to be kept or removed, with the keyboard, the least certain first. */

import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { Label, LabelState, QueueItem } from './api';
import * as client from './client';
import { count } from './format';

/** Asked for at a time, and asked again when fewer are left. */
const MANY = 40;
const FEW = 8;

interface Props {
  labels: LabelState;
  onLabels(labels: LabelState): void;
  onFit(): void;
  onShow(document: number, block: number): void;
}

interface Said {
  item: QueueItem;
  label: Label | 'skip';
}

const NAMES = { keep: 'kept', remove: 'removed', skip: 'skipped' } as const;

export function LabelMode({ labels, onLabels, onFit, onShow }: Props) {
  const [queue, setQueue] = useState<QueueItem[]>([]);
  const [remaining, setRemaining] = useState<number | null>(null);
  const [said, setSaid] = useState<Said[]>([]);
  const [problem, setProblem] = useState<string | null>(null);
  const box = useRef<HTMLDivElement>(null);
  const asking = useRef(false);
  const sending = useRef(Promise.resolve());
  const item = queue[0];

  const fill = useCallback(async () => {
    if (asking.current) return;
    asking.current = true;
    try {
      // What was said last must have arrived, or it would be asked again.
      await sending.current;
      const more = await client.queue(MANY);
      setQueue((old) => {
        const known = new Set(old.map((one) => `${one.document} ${one.block}`));
        return [...old, ...more.items.filter((one) => !known.has(`${one.document} ${one.block}`))];
      });
      setRemaining(more.remaining);
      setProblem(null);
    } catch (error) {
      setProblem(client.message(error));
    } finally {
      asking.current = false;
    }
  }, []);

  useEffect(() => {
    void fill();
    box.current?.focus();
  }, []);

  const send = (document: number, block: number, label: Label | 'skip' | null) => {
    sending.current = sending.current
      .then(() => client.label({ document, block, label }))
      .then((state) => { onLabels(state); setProblem(null); }, (error) => setProblem(client.message(error)));
  };

  const say = (label: Label | 'skip') => {
    if (!item) return;
    send(item.document, item.block, label);
    setSaid([...said, { item, label }]);
    setQueue(queue.slice(1));
    setRemaining((old) => (old === null ? null : Math.max(0, old - 1)));
    if (queue.length - 1 < FEW && (remaining ?? 0) > queue.length) void fill();
  };

  const undo = () => {
    const last = said.at(-1);
    if (!last) return;
    send(last.item.document, last.item.block, null);
    setSaid(said.slice(0, -1));
    setQueue([last.item, ...queue]);
    setRemaining((old) => (old === null ? null : old + 1));
  };

  const keys = useRef({ say, undo });
  keys.current = { say, undo };
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return;
      const target = event.target as HTMLElement;
      if (target.closest('input, select, textarea')) return;
      // Space on a button presses it.
      if (event.key === ' ' && target.closest('button, a')) return;
      const does: Record<string, () => void> = {
        k: () => keys.current.say('keep'), r: () => keys.current.say('remove'),
        ' ': () => keys.current.say('skip'), u: () => keys.current.undo(),
      };
      const action = does[event.key.toLowerCase()];
      if (!action || event.repeat) return;
      event.preventDefault();
      action();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);

  const done = labels.keep + labels.remove;
  return (
    <main class="labelling" aria-label="Label paragraphs">
      <div class="progress">
        <p><b data-labelled={done}>{count(done)}</b> labelled · {count(labels.keep)} keep · {count(labels.remove)} remove
          {labels.skipped > 0 && <> · {count(labels.skipped)} skipped</>}{remaining !== null && <span class="rest"> · {count(remaining)} to go</span>}</p>
        <Track keep={labels.keep} remove={labels.remove} />
        <button type="button" class="link" onClick={onFit}>Fit weights to them →</button>
      </div>
      {problem && <p class="problem" role="alert">{problem}</p>}
      <div class="card" ref={box} tabIndex={-1} aria-live="polite" aria-atomic="true">
        {item ? (
          <>
            <p class="where">
              <button type="button" class="link" title="Show it in its document" onClick={() => onShow(item.document, item.block)}>{item.id}</button>
              <span>paragraph {item.block + 1}</span><span>{item.kind}</span>
            </p>
            <p class="context before">{item.before}</p>
            <p class="subject" data-item={`${item.document} ${item.block}`}>{item.text}</p>
            <p class="context after">{item.after}</p>
          </>
        ) : (
          <p class="empty">{remaining === null ? 'One moment…' : 'There is nothing left to ask. Load a larger sample for more.'}</p>
        )}
      </div>
      <div class="answers">
        <button type="button" class="answer keep" disabled={!item} onClick={() => say('keep')}><kbd>k</kbd> Keep</button>
        <button type="button" class="answer remove" disabled={!item} onClick={() => say('remove')}><kbd>r</kbd> Remove</button>
        <button type="button" class="answer" disabled={!item} onClick={() => say('skip')}><kbd>space</kbd> Skip</button>
        <button type="button" class="answer" disabled={said.length === 0} onClick={undo}><kbd>u</kbd> Undo</button>
      </div>
      <p class="advice">Would a reader of this document miss it? Keep. Does only the site need it? Remove. If neither is plain, skip. The paragraphs that the rules are least sure of come first; what the rules make of them is not shown, or you would agree with them.</p>
      <ol class="said" aria-label="What you said last">
        {said.slice(-5).reverse().map(({ item: one, label }) => (
          <li key={`${one.document} ${one.block}`}><span class={`tag ${label}`}>{NAMES[label]}</span> <span class="title">{one.text}</span></li>
        ))}
      </ol>
    </main>
  );
}

/** Labels toward what a fit can use: its held-back part needs some of both kinds. */
function Track({ keep, remove }: { keep: number; remove: number }) {
  const whole = Math.max(100, keep + remove);
  return (
    <div class="track" role="img" aria-label={`${keep} keep, ${remove} remove`}>
      <span class="keep" style={{ width: `${(keep / whole) * 100}%` }} />
      <span class="remove" style={{ width: `${(remove / whole) * 100}%` }} />
    </div>
  );
}
