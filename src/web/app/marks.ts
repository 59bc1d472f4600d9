/** What goes of a text before and now, as pieces to be shown one after the other. */

import type { Block, DocumentView, Span, Verdict } from './api';

/** What becomes of a piece: two letters, before and now. */
export type Mark = 'kept' | 'removed' | 'newly-removed' | 'newly-kept';

export interface Segment {
  start: number;
  end: number;
  mark: Mark;
}

function markOf(before: boolean, now: boolean): Mark {
  if (before) return now ? 'removed' : 'newly-kept';
  return now ? 'newly-removed' : 'kept';
}

/**
 * Cuts `start..end` where a removal begins or ends. Spans are in order and do not overlap. The
 * pieces make up the range exactly; none is empty, and no two beside each other have one mark.
 */
export function segments(
  start: number,
  end: number,
  before: readonly Span[],
  now: readonly Span[],
): Segment[] {
  const out: Segment[] = [];
  let b = firstEndingAfter(before, start);
  let n = firstEndingAfter(now, start);
  let at = start;
  while (at < end) {
    while (b < before.length && before[b]![1] <= at) b++;
    while (n < now.length && now[n]![1] <= at) n++;
    const inBefore = b < before.length && before[b]![0] <= at;
    const inNow = n < now.length && now[n]![0] <= at;
    let next = end;
    if (b < before.length) next = Math.min(next, before[b]![inBefore ? 1 : 0]);
    if (n < now.length) next = Math.min(next, now[n]![inNow ? 1 : 0]);
    const mark = markOf(inBefore, inNow);
    const last = out[out.length - 1];
    if (last && last.mark === mark) last.end = next;
    else out.push({ start: at, end: next, mark });
    at = next;
  }
  return out;
}

/** Place of the first span that ends after `at`; by halving, for documents have thousands. */
export function firstEndingAfter(spans: readonly Span[], at: number): number {
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (spans[middle]![1] <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What becomes of a block as a whole: the sign in its margin. */
export type BlockMark = Mark | 'part-removed' | 'part-changed';

export function blockMark(pieces: readonly Segment[]): BlockMark {
  const first = pieces[0];
  if (!first) return 'kept';
  if (pieces.length === 1) return first.mark;
  const changes = pieces.some((p) => p.mark === 'newly-removed' || p.mark === 'newly-kept');
  return changes ? 'part-changed' : 'part-removed';
}

/** True if something else becomes of the block now. */
export function isChanged(mark: BlockMark): boolean {
  return mark === 'newly-removed' || mark === 'newly-kept' || mark === 'part-changed';
}

/** Numbers of the blocks of which something else becomes now. */
export function changedBlocks(view: DocumentView): number[] {
  const out: number[] = [];
  view.blocks.forEach((block, number) => {
    const pieces = segments(block.start, block.end, view.removed_before, view.removed_now);
    if (isChanged(blockMark(pieces))) out.push(number);
  });
  return out;
}

/** True if some rule has something to say of the block, or if it goes. */
export function isMarked(block: Block): boolean {
  const says = (verdict: Verdict) => verdict.hits.length > 0 || verdict.action !== 'keep';
  return says(block.before) || says(block.now) || block.sentences.length > 0;
}
