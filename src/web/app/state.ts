/** What the page knows, and how it changes. Nothing here asks the program or touches the page. */

import type { Applied, DocumentView, LabelState, Overlay, Session } from './api';
import { NOTHING } from './overlay';
import type { Filter } from './list';

export type Mode = 'tune' | 'label' | 'fit';

/** How rules are put together in the panel. */
export type Grouping = 'set' | 'category';

export interface State {
  session: Session | null;
  /** Why the page cannot begin or has lost the program. */
  failure: string | null;
  mode: Mode;
  /** The changes as they stand on the page; ahead of the program while it works. */
  overlay: Overlay;
  /** Those that the program last took, for where it refuses the next. */
  accepted: Overlay;
  applied: Applied | null;
  /** True while the program works on changes. */
  pending: boolean;
  /** Milliseconds from a change to its effect being here. */
  took: number | null;
  /** What the program said against a change. */
  problem: string | null;
  undo: Overlay[];
  /** What the last change was to; a slider that is dragged is one change. */
  last: string | null;
  filter: Filter;
  query: string;
  found: Set<number> | null;
  selected: number;
  view: DocumentView | null;
  block: number | null;
  /** Hides blocks that no rule has anything to say of. */
  brief: boolean;
  rule: string | null;
  labels: LabelState | null;
  /** A word to the reader, shown for a while. */
  notice: string | null;
}

export const INITIAL: State = {
  session: null,
  failure: null,
  mode: 'tune',
  overlay: NOTHING,
  accepted: NOTHING,
  applied: null,
  pending: false,
  took: null,
  problem: null,
  undo: [],
  last: null,
  filter: 'all',
  query: '',
  found: null,
  selected: 0,
  view: null,
  block: null,
  brief: false,
  rule: null,
  labels: null,
  notice: null,
};

export type Event =
  | { type: 'loaded'; session: Session }
  | { type: 'failed'; message: string }
  | { type: 'mode'; mode: Mode }
  /** `of` names what is changed: changes to one thing in a row are undone together. */
  | { type: 'change'; overlay: Overlay; of: string }
  | { type: 'undo' }
  | { type: 'settled' }
  | { type: 'applied'; applied: Applied; overlay: Overlay; took: number }
  | { type: 'refused'; message: string }
  | { type: 'filter'; filter: Filter }
  | { type: 'query'; query: string }
  | { type: 'found'; query: string; documents: number[] }
  | { type: 'select'; document: number }
  | { type: 'view'; view: DocumentView }
  | { type: 'block'; block: number | null }
  | { type: 'brief'; brief: boolean }
  | { type: 'rule'; rule: string | null }
  | { type: 'labels'; labels: LabelState }
  | { type: 'notice'; notice: string | null };

/** Changes that can be undone. */
const REMEMBERED = 200;

export function reduce(state: State, event: Event): State {
  switch (event.type) {
    case 'loaded': {
      const { session } = event;
      return {
        ...state,
        session,
        failure: null,
        overlay: session.overlay,
        accepted: session.overlay,
        applied: session.applied,
        labels: session.labels,
      };
    }
    case 'failed':
      return { ...state, failure: event.message, pending: false };
    case 'mode':
      return { ...state, mode: event.mode };
    case 'change': {
      const again = state.last === event.of && state.undo.length > 0;
      const undo = again ? state.undo : [...state.undo, state.overlay].slice(-REMEMBERED);
      return { ...state, overlay: event.overlay, undo, last: event.of, pending: true, problem: null };
    }
    case 'undo': {
      const overlay = state.undo.at(-1);
      if (!overlay) return state;
      const undo = state.undo.slice(0, -1);
      return { ...state, overlay, undo, last: null, pending: true, problem: null };
    }
    case 'settled':
      return { ...state, last: null };
    case 'applied':
      return {
        ...state,
        applied: event.applied,
        accepted: event.overlay,
        took: event.took,
        pending: state.overlay !== event.overlay,
      };
    case 'refused':
      return {
        ...state,
        overlay: state.accepted,
        undo: state.undo.filter((overlay) => overlay !== state.accepted),
        last: null,
        pending: false,
        problem: event.message,
      };
    case 'filter':
      return { ...state, filter: event.filter };
    case 'query':
      return { ...state, query: event.query, found: event.query.trim() ? state.found : null };
    case 'found':
      // An answer to what is no longer asked is nothing.
      if (event.query !== state.query.trim()) return state;
      return { ...state, found: new Set(event.documents) };
    case 'select':
      return { ...state, selected: event.document, block: null };
    case 'view': {
      if (event.view.document !== state.selected) return state;
      return { ...state, view: event.view };
    }
    case 'block':
      return { ...state, block: event.block };
    case 'brief':
      return { ...state, brief: event.brief };
    case 'rule':
      return { ...state, rule: event.rule };
    case 'labels':
      return { ...state, labels: event.labels };
    case 'notice':
      return { ...state, notice: event.notice };
  }
}
