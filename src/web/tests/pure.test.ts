import { describe, expect, test } from 'vitest';
import type { Applied, DocumentRow, Rule, Span } from '../app/api';
import { blockMark, segments } from '../app/marks';
import * as overlay from '../app/overlay';
import { brief, count, delta, percent, points, value } from '../app/format';
import { counts, filtered, rows, step, visible } from '../app/list';
import { Latest } from '../app/latest';
import { at, bars, scaleOf, snapped, stepFor } from '../app/scale';

describe('segments', () => {
  const cut = (before: Span[], now: Span[]) =>
    segments(0, 10, before, now).map((s) => `${s.start}-${s.end} ${s.mark}`);

  test('what nothing touches is one piece', () => {
    expect(cut([], [])).toEqual(['0-10 kept']);
    expect(segments(4, 4, [], [])).toEqual([]);
  });

  test('the four cases are told apart, to the character', () => {
    expect(cut([[2, 6]], [[4, 8]])).toEqual([
      '0-2 kept',
      '2-4 newly-kept',
      '4-6 removed',
      '6-8 newly-removed',
      '8-10 kept',
    ]);
  });

  test('spans that touch make one piece, spans outside make none', () => {
    expect(cut([[0, 5], [5, 10]], [[0, 10]])).toEqual(['0-10 removed']);
    expect(segments(10, 12, [[0, 10], [12, 20]], [[0, 10]])).toEqual([
      { start: 10, end: 12, mark: 'kept' },
    ]);
  });

  test('the pieces make up the range, whatever the spans', () => {
    let seed = 7;
    const random = (below: number) => {
      seed = (seed * 48271) % 2147483647;
      return seed % below;
    };
    const some = (): Span[] => {
      const out: Span[] = [];
      for (let at = random(9); at < 90; at += random(20)) {
        const start = at;
        at += 1 + random(9);
        out.push([start, at]);
      }
      return out;
    };
    for (let round = 0; round < 300; round++) {
      const [before, now] = [some(), some()];
      const start = random(40);
      const end = start + random(50);
      const pieces = segments(start, end, before, now);
      let from = start;
      for (const piece of pieces) {
        expect(piece.start).toBe(from);
        expect(piece.end).toBeGreaterThan(piece.start);
        for (let at = piece.start; at < piece.end; at++) {
          const b = before.some(([s, e]) => s <= at && at < e);
          const n = now.some(([s, e]) => s <= at && at < e);
          const mark = b ? (n ? 'removed' : 'newly-kept') : n ? 'newly-removed' : 'kept';
          expect(piece.mark).toBe(mark);
        }
        from = piece.end;
      }
      expect(from).toBe(end);
    }
  });

  test('a block is told by its pieces', () => {
    expect(blockMark([])).toBe('kept');
    expect(blockMark(segments(0, 9, [[0, 9]], []))).toBe('newly-kept');
    expect(blockMark(segments(0, 9, [[0, 3]], [[0, 3]]))).toBe('part-removed');
    expect(blockMark(segments(0, 9, [[0, 3]], [[0, 4]]))).toBe('part-changed');
  });
});

const RULE: Rule = {
  name: 'links/list', about: '', why: null, category: 'links', scope: 'block', on: [],
  weight: 0.5, action: null, status: 'stable', languages: [], file: 'links', off: false,
  thresholds: [{ address: 'dense.above', value: 0.6, asked: 'link_density' }],
  base: { hits: 0, decided: 0, characters: 0 },
};
const DENSE = RULE.thresholds[0]!;

describe('overlay', () => {
  test('a change and its reverse leave nothing', () => {
    const moved = overlay.setThreshold(overlay.NOTHING, RULE, DENSE, 0.4);
    expect(moved).toEqual({ rules: { 'links/list': { thresholds: { 'dense.above': 0.4 } } } });
    expect(overlay.setThreshold(moved, RULE, DENSE, 0.6)).toEqual(overlay.NOTHING);
    const off = overlay.setEnabled(moved, RULE, false);
    expect(overlay.isEnabled(off, RULE)).toBe(false);
    expect(overlay.setEnabled(off, RULE, true)).toEqual(moved);
    const weighed = overlay.setWeight(overlay.NOTHING, RULE, 0.7);
    expect(overlay.weightOf(weighed, RULE)).toBe(0.7);
    expect(overlay.setWeight(weighed, RULE, 0.5)).toEqual(overlay.NOTHING);
    expect(overlay.NOTHING).toEqual({ rules: {} });
  });

  test('changes are told with what they were, and each can be taken back', () => {
    let all = overlay.setThreshold(overlay.NOTHING, RULE, DENSE, 0.4);
    all = overlay.setWeight(overlay.setEnabled(all, RULE, false), RULE, 1);
    const told = overlay.told(all, new Map([[RULE.name, RULE]]));
    expect(told.map((t) => `${t.what} ${t.before} ${t.now}`)).toEqual([
      'switch on off',
      'weight 0.5 1',
      'dense.above 0.6 0.4',
    ]);
    for (const one of told) {
      expect(overlay.told(one.without, new Map([[RULE.name, RULE]]))).toHaveLength(2);
    }
    expect(overlay.reset(all, RULE.name)).toEqual(overlay.NOTHING);
    expect(overlay.told({ rules: { 'no/such': { weight: 1 } } }, new Map())).toEqual([]);
  });
});

describe('list', () => {
  const row = (decision: DocumentRow['decision']): DocumentRow => ({
    id: '', url: null, language: null, source: '', title: '', characters: 10, blocks: 1,
    decision, removed: 0,
  });
  const applied = {
    changed: [{ document: 1, decision: 'cut', removed: 4, newly_removed: 4, newly_kept: 0 }],
  } as unknown as Applied;
  const all = rows([row('kept'), row('kept'), row('dropped')], applied);

  test('a changed document is what it is now', () => {
    expect(all.map((r) => `${r.decision} ${r.removed} ${r.change !== null}`)).toEqual([
      'kept 0 false',
      'cut 4 true',
      'dropped 0 false',
    ]);
    expect(counts(all)).toEqual({ all: 3, changed: 1, kept: 1, cut: 1, dropped: 1 });
    expect(filtered(all, 'changed', null).map((r) => r.document)).toEqual([1]);
    expect(filtered(all, 'all', new Set([0, 2])).map((r) => r.document)).toEqual([0, 2]);
    expect(filtered(all, 'dropped', new Set([0]))).toEqual([]);
  });

  test('stepping goes round', () => {
    expect(step([2, 5, 9], 5, 1)).toBe(9);
    expect(step([2, 5, 9], 9, 1)).toBe(2);
    expect(step([2, 5, 9], 2, -1)).toBe(9);
    expect(step([2, 5, 9], 4, -1)).toBe(2);
    expect(step([3], 3, 1)).toBe(3);
    expect(step([], 0, 1)).toBeNull();
  });

  test('only what is in view is drawn', () => {
    expect(visible(0, 100, 10, 1000)).toEqual({ first: 0, last: 16 });
    expect(visible(5000, 100, 10, 1000)).toEqual({ first: 494, last: 516 });
    expect(visible(5000, 100, 10, 3)).toEqual({ first: 3, last: 3 });
    expect(visible(0, 100, 10, 0)).toEqual({ first: 0, last: 0 });
  });
});

describe('numbers', () => {
  test('are short, and differences have signs', () => {
    expect([count(1234567), delta(0), delta(5), delta(-1200)]).toEqual(['1,234,567', '', '+5', '−1,200']);
    expect([brief(999), brief(1000), brief(34_567), brief(999_600), brief(5_600_000)]).toEqual([
      '999', '1.0k', '35k', '1.0M', '5.6M',
    ]);
    expect([percent(0.1234), percent(null), percent(0)]).toEqual(['12.3 %', '–', '0.0 %']);
    expect([points(0.0004), points(0.012), points(-0.5)]).toEqual(['', '+1.2', '−50.0']);
    expect([value(null), value(0.12345), value(1500), value(123.456)]).toEqual([
      'undefined', '0.123', '1,500', '123.5',
    ]);
  });
});

describe('scale', () => {
  const distribution = {
    address: 'above', counts: [4, 0, 1], low: 0, high: 3, below: 0, above: 0, undefined: 0,
    whole: true, targets: 'blocks',
  };

  test('holds the threshold and the values', () => {
    expect(scaleOf(0.6, null)).toEqual({ low: 0, high: 1, step: 0.01 });
    expect(scaleOf(70, null)).toEqual({ low: 0, high: 140, step: 1 });
    expect(scaleOf(5, distribution)).toEqual({ low: 0, high: 5, step: 1 });
    expect(scaleOf(0, null)).toEqual({ low: 0, high: 1, step: 0.01 });
    expect(scaleOf(-2, null).low).toBe(-2);
  });

  test('steps are round', () => {
    expect([stepFor(1), stepFor(3), stepFor(250), stepFor(0.05)]).toEqual([0.01, 0.01, 1, 0.0001]);
    expect(snapped({ low: 0, high: 1, step: 0.01 }, 0.1 + 0.2)).toBe(0.3);
  });

  test('bars stand on the same scale as the slider; empty parts have none', () => {
    const drawn = bars(distribution, { low: 0, high: 6, step: 1 });
    expect(drawn).toHaveLength(2);
    expect(drawn[0]).toEqual({ x: 0, width: 1 / 6, height: 1 });
    expect(drawn[1]!.x).toBeCloseTo(1 / 3);
    expect(drawn[1]!.height).toBe(0.5);
    expect(at({ low: 0, high: 6, step: 1 }, 99)).toBe(1);
  });
});

describe('the newest value', () => {
  /** Timers and answers by hand. */
  function bench() {
    const timers: { callback: () => void; after: number }[] = [];
    const sent: { value: number; signal: AbortSignal; answer: (n: number) => void; fail: (e: unknown) => void }[] = [];
    const done: number[] = [];
    const failed: unknown[] = [];
    const latest = new Latest<number, number>({
      send: (value, signal) =>
        new Promise((answer, fail) => {
          sent.push({ value, signal, answer, fail });
          signal.addEventListener('abort', () => fail(new Error('aborted')));
        }),
      done: (answer) => done.push(answer),
      failed: (error) => failed.push(error),
      clock: {
        set: (callback, after) => timers.push({ callback, after }) - 1,
        clear: (timer) => {
          if (typeof timer === 'number') timers[timer] = { callback: () => {}, after: 0 };
        },
      },
    });
    const settle = () => new Promise((resolve) => setTimeout(resolve));
    return { timers, sent, done, failed, latest, settle };
  }

  test('of many before the first request, one goes out', async () => {
    const b = bench();
    b.latest.push(1);
    b.latest.push(2);
    b.latest.push(3);
    expect(b.timers).toHaveLength(1);
    b.timers[0]!.callback();
    expect(b.sent.map((s) => s.value)).toEqual([3]);
    b.sent[0]!.answer(30);
    await b.settle();
    expect([b.done, b.latest.busy]).toEqual([[30], false]);
  });

  test('while one is on its way the newest waits, and goes next', async () => {
    const b = bench();
    b.latest.push(1);
    b.timers[0]!.callback();
    b.latest.push(2);
    b.latest.push(3);
    expect(b.sent).toHaveLength(1);
    b.sent[0]!.answer(10);
    await b.settle();
    expect(b.sent.map((s) => s.value)).toEqual([1, 3]);
    b.sent[1]!.answer(30);
    await b.settle();
    expect(b.done).toEqual([10, 30]);
  });

  test('one that takes too long is given up without a word, for a newer one', async () => {
    const b = bench();
    b.latest.push(1);
    b.timers[0]!.callback();
    b.latest.push(2);
    b.timers[1]!.callback();
    await b.settle();
    expect(b.sent[0]!.signal.aborted).toBe(true);
    expect(b.failed).toEqual([]);
    b.sent[1]!.fail(new Error('no'));
    await b.settle();
    expect([b.failed.length, b.latest.busy]).toEqual([1, false]);
  });
});
