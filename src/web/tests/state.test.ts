import { describe, expect, test } from 'vitest';
import type { Applied, Overlay, Session } from '../app/api';
import { INITIAL, reduce, type Event, type State } from '../app/state';

const run = (state: State, ...events: Event[]) => events.reduce(reduce, state);
const weight = (value: number): Overlay => ({ rules: { 'a/b': { weight: value } } });
const change = (value: number, of: string): Event => ({ type: 'change', overlay: weight(value), of });
const applied = (overlay: Overlay, revision: number): Event => ({
  type: 'applied', overlay, took: 5, applied: { revision } as Applied,
});

describe('changes', () => {
  test('a drag is undone as one, two things as two', () => {
    const state = run(INITIAL, change(1, 'x'), change(2, 'x'), change(3, 'y'));
    expect(state.undo).toHaveLength(2);
    const once = run(state, { type: 'undo' });
    expect(once.overlay).toEqual(weight(2));
    const twice = run(once, { type: 'undo' });
    expect(twice.overlay).toEqual({ rules: {} });
    expect(run(twice, { type: 'undo' })).toBe(twice);
  });

  test('a second drag of the same slider is a change of its own', () => {
    const state = run(INITIAL, change(1, 'x'), { type: 'settled' }, change(2, 'x'));
    expect(run(state, { type: 'undo' }).overlay).toEqual(weight(1));
  });

  test('an answer to older changes leaves the page waiting', () => {
    const state = run(INITIAL, change(1, 'x'), change(2, 'x'));
    const older = run(state, applied(weight(1), 1));
    expect([older.pending, older.overlay, older.applied?.revision]).toEqual([true, weight(2), 1]);
    const same = run(state, applied(state.overlay, 2));
    expect(same.pending).toBe(false);
  });

  test('what the program refuses is taken back, and said', () => {
    const good = run(INITIAL, change(1, 'x'));
    const taken = run(good, applied(good.overlay, 1), { type: 'settled' }, change(9, 'x'));
    const refused = run(taken, { type: 'refused', message: 'weight is beyond 1' });
    expect([refused.overlay, refused.problem, refused.pending]).toEqual([
      weight(1), 'weight is beyond 1', false,
    ]);
    expect(run(refused, { type: 'undo' }).overlay).toEqual({ rules: {} });
  });
});

describe('looking', () => {
  test('a document that is no longer looked at is not shown', () => {
    const state = run(INITIAL, { type: 'select', document: 4 });
    const view = { document: 3 } as never;
    expect(run(state, { type: 'view', view }).view).toBeNull();
  });

  test('an answer to another search is nothing, and no search is no filter', () => {
    const asked = run(INITIAL, { type: 'query', query: 'mill ' });
    expect(run(asked, { type: 'found', query: 'mil', documents: [1] }).found).toBeNull();
    const found = run(asked, { type: 'found', query: 'mill', documents: [1, 2] });
    expect(found.found).toEqual(new Set([1, 2]));
    expect(run(found, { type: 'query', query: ' ' }).found).toBeNull();
  });

  test('a page that is loaded again goes on where it was', () => {
    const session = { overlay: weight(2), applied: { revision: 7 }, labels: { keep: 1 } };
    const state = run(INITIAL, { type: 'loaded', session: session as unknown as Session });
    expect([state.overlay, state.accepted, state.applied?.revision]).toEqual([weight(2), weight(2), 7]);
  });
});
