/** Which documents are listed, and which is the next. */

import type { Applied, ChangedRow, Decision, DocumentRow } from './api';

export type Filter = 'all' | 'changed' | Decision;

/** A document as it is now. */
export interface Row {
  document: number;
  row: DocumentRow;
  /** What is different from the base, if anything is. */
  change: ChangedRow | null;
  decision: Decision;
  removed: number;
}

/** All documents as they are now. */
export function rows(documents: readonly DocumentRow[], applied: Applied): Row[] {
  const out = documents.map<Row>((row, document) => ({
    document,
    row,
    change: null,
    decision: row.decision,
    removed: row.removed,
  }));
  for (const change of applied.changed) {
    const row = out[change.document];
    if (row) Object.assign(row, { change, decision: change.decision, removed: change.removed });
  }
  return out;
}

/** Those that a filter lets through, in order; `found` are those that hold what is searched. */
export function filtered(all: readonly Row[], filter: Filter, found: Set<number> | null): Row[] {
  return all.filter((row) => passes(row, filter) && (found === null || found.has(row.document)));
}

export function passes(row: Row, filter: Filter): boolean {
  if (filter === 'all') return true;
  if (filter === 'changed') return row.change !== null;
  return row.decision === filter;
}

/** How many each filter lets through. */
export function counts(all: readonly Row[]): Record<Filter, number> {
  const out: Record<Filter, number> = { all: 0, changed: 0, kept: 0, cut: 0, dropped: 0 };
  for (const row of all) {
    out.all++;
    out[row.decision]++;
    if (row.change) out.changed++;
  }
  return out;
}

/**
 * The next document (or the one before) among `changed`, which is in order; from the last it goes
 * on with the first. `null` if there is none.
 */
export function step(changed: readonly number[], from: number, by: 1 | -1): number | null {
  if (changed.length === 0) return null;
  if (by === 1) return changed.find((document) => document > from) ?? changed[0]!;
  return changed.findLast((document) => document < from) ?? changed[changed.length - 1]!;
}

/** The rows of a long list that are in view, with some beyond. */
export function visible(
  scrolled: number,
  height: number,
  rowHeight: number,
  total: number,
): { first: number; last: number } {
  const beyond = 6;
  const first = Math.max(0, Math.floor(scrolled / rowHeight) - beyond);
  const last = Math.min(total, Math.ceil((scrolled + height) / rowHeight) + beyond);
  return { first: Math.min(first, last), last };
}
