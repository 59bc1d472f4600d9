/**
 * What the page and the program say to each other: JSON over loopback. The Rust side of every type
 * is in `src/cli/ui/api.rs`, under the same name and with the same fields.
 *
 * All addresses are below the page's own, which holds the token. Places in a text are in UTF-16
 * units, as JavaScript counts; the program converts them. What is refused comes with a status of
 * 400 or more and a `Refused`.
 */

/** `GET api/session`: all that the page needs to begin. */
export interface Session {
  /** Of the program. */
  version: string;
  /** Names of the rules files that everything is compared with. */
  rules: string[];
  /** Where the sample is from, and what it is of. */
  sample: Sample;
  /** One for each document of the sample; a document's number is its place here. */
  documents: DocumentRow[];
  /** All rules of the base, in their order. */
  rule_list: Rule[];
  /** From how many points on something happens. */
  decide: Decide;
  /** Under the base. */
  base: Totals;
  /** The changes in force: not empty where a page is loaded again. */
  overlay: Overlay;
  /** What they come to. */
  applied: Applied;
  labels: LabelState;
  files: Files;
}

export interface Sample {
  /** Names of the inputs. */
  inputs: string[];
  /** Readable documents in all inputs. */
  documents: number;
  /** Documents passed over because they are too large to be looked at here. */
  too_large: number;
  unreadable: number;
}

/** Where things go when they are saved; `null` where no file was named. */
export interface Files {
  labels: string | null;
  overlay: string | null;
}

export interface Decide {
  remove_block_at: number;
  drop_document_at: number;
  flag_document_at: number;
  unsure_from: number;
}

export type Decision = 'kept' | 'cut' | 'dropped';

export interface DocumentRow {
  id: string;
  url: string | null;
  language: string | null;
  /** Name of the file it is from. */
  source: string;
  /** The first words of its text. */
  title: string;
  /** Length of its text, in characters that are not white space. */
  characters: number;
  blocks: number;
  /** Under the base. */
  decision: Decision;
  /** Characters that go under the base; all for a dropped document. */
  removed: number;
}

/** Sums over the sample. */
export interface Totals {
  kept: number;
  cut: number;
  dropped: number;
  /** Characters in all, and those that go. */
  characters: number;
  removed: number;
}

export type Action = 'keep' | 'flag' | 'cut' | 'remove' | 'drop' | 'part';
export type Status = 'stable' | 'preview' | 'deprecated';

export interface Rule {
  /** Full name: `set/rule`. */
  name: string;
  about: string;
  why: string | null;
  category: string;
  scope: string;
  /** Kinds of block that it looks at; empty means all. */
  on: string[];
  /** One of the two is there. */
  weight: number | null;
  action: Action | null;
  status: Status;
  /** Languages it is for; empty means all. */
  languages: string[];
  /** The file that defines it. */
  file: string;
  /** True if it cannot fire for want of a survey. */
  off: boolean;
  thresholds: Threshold[];
  /** Under the base. */
  base: RuleCount;
}

export interface Threshold {
  /** `dense.above`, or `above` where the condition is one leaf. */
  address: string;
  value: number;
  /** What is held against it: a signal's name, or `matches` of a pattern or of phrases. */
  asked: string;
}

export interface RuleCount {
  /** Targets it fired on. */
  hits: number;
  /** Removals and drops laid to it. */
  decided: number;
  /** Characters in them. */
  characters: number;
}

/** Changes on top of the base, by full name of rule: what an overlay file says. */
export interface Overlay {
  rules: Record<string, Change>;
}

export interface Change {
  enabled?: boolean;
  weight?: number;
  action?: Action;
  status?: Status;
  thresholds?: Record<string, number>;
}

/** `POST api/overlay` with an `Overlay`; answer. */
export interface Applied {
  /** Grows with each overlay applied. */
  revision: number;
  /** How long the program took, in milliseconds. */
  took: number;
  totals: Totals;
  /** For each rule of `Session.rule_list`. */
  rules: RuleCount[];
  /** The documents of which something else becomes than under the base, in order. */
  changed: ChangedRow[];
}

export interface ChangedRow {
  document: number;
  decision: Decision;
  removed: number;
  /** Characters that go now and did not, and the reverse. */
  newly_removed: number;
  newly_kept: number;
}

/** A half-open range of UTF-16 units. */
export type Span = [start: number, end: number];

/** `GET api/documents/N`. */
export interface DocumentView {
  document: number;
  /** The overlay that `now` is under. */
  revision: number;
  id: string;
  url: string | null;
  language: string | null;
  source: string;
  /** Number of the record in it, from 1. */
  record: number;
  format: string;
  text: string;
  blocks: Block[];
  before: Whole;
  now: Whole;
  /** What goes, in order; the whole text for a dropped document. */
  removed_before: Span[];
  removed_now: Span[];
}

/** What becomes of a document. */
export interface Whole {
  decision: Decision;
  /** What the guard against removing too much did. */
  guard: 'quiet' | 'dropped' | 'left';
  /** The rule that a drop is laid to. */
  rule: string | null;
  category: string | null;
  /** Verdicts on the whole with something to tell. */
  verdicts: WholeVerdict[];
}

export interface WholeVerdict {
  scope: 'source' | 'page' | 'document';
  verdict: Verdict;
}

export interface Block {
  start: number;
  end: number;
  kind: string;
  /** Path of the element, for HTML. */
  path: string | null;
  before: Verdict;
  now: Verdict;
  /** Sentences on which a rule fired, before or now. */
  sentences: Sentence[];
  label: Label | null;
}

export interface Sentence {
  start: number;
  end: number;
  /** `null`: no rule fired. */
  before: Verdict | null;
  now: Verdict | null;
}

export interface Verdict {
  action: Action;
  /** `default`, `action`, `points`, `context`, `heading`, `sentences`, `layout`. */
  by: string;
  /** The rule that it is laid to. */
  rule: string | null;
  points: number;
  hits: Hit[];
}

export interface Hit {
  rule: string;
  /** 0 to 1. */
  strength: number;
  /** What it gave; 0 for actions. */
  points: number;
  evidence: Evidence[];
}

export interface Evidence {
  /** Address of the leaf in its rule; empty for a condition that is one leaf. */
  condition: string;
  asked: string;
  /** `null`: undefined. */
  value: number | null;
  /** As written: `above 0.6`. */
  bound: string;
  strength: number | null;
}

/** `GET api/search?q=TEXT`: numbers of the documents that hold it, in order. */
export interface Found {
  documents: number[];
}

/** `GET api/distributions?rule=NAME`: the values in the sample behind a rule's thresholds. */
export interface Distributions {
  rule: string;
  of: Distribution[];
}

export interface Distribution {
  address: string;
  /** Counts by equal parts of `low` to `high`; empty where nothing is known. */
  counts: number[];
  low: number;
  high: number;
  /** Values beyond them, which are counted in the first and last part. */
  below: number;
  above: number;
  /** Targets on which it has no value. */
  undefined: number;
  /** True if all values are whole numbers. */
  whole: boolean;
  /** What the targets are: `blocks`, `sentences`, `documents`. */
  targets: string;
}

export type Label = 'keep' | 'remove';

/** `POST api/labels`; the answer is a `LabelState`. */
export interface LabelRequest {
  document: number;
  block: number;
  /** `skip`: do not ask again. `null`: take back what was said. */
  label: Label | 'skip' | null;
}

export interface LabelState {
  keep: number;
  remove: number;
  /** Documents with a label. */
  documents: number;
  skipped: number;
  /** True if something was said since labels were last saved. */
  unsaved: boolean;
}

/** `GET api/queue?limit=N`: paragraphs to be labelled, least certain first. */
export interface Queue {
  items: QueueItem[];
  /** Paragraphs without a label in all. */
  remaining: number;
}

export interface QueueItem {
  document: number;
  block: number;
  id: string;
  kind: string;
  /** The block's text, and what stands before and after it. */
  text: string;
  before: string;
  after: string;
  /** 0 to 1. */
  uncertainty: number;
}

/** `POST api/fit`: weights learned from the labels given so far. */
export interface Fit {
  /** Labelled paragraphs that were learned from, and that were held back. */
  learned: number;
  held_back: number;
  /** On the part held back, with the weights in force and with those proposed. */
  now: Figures;
  fitted: Figures;
  weights: FittedWeight[];
  /** The overlay in force with the weights proposed. */
  overlay: Overlay;
  /** What has to be said of it. */
  notes: string[];
}

/** Shares are `null` where they are of nothing. */
export interface Figures {
  precision: number | null;
  recall: number | null;
  f1: number | null;
  /** Of the characters that have to stay, the share that goes. */
  content_lost: number | null;
}

export interface FittedWeight {
  rule: string;
  weight: number;
  fitted: number;
  /** Documents learned from on which it fired. */
  documents: number;
}

/** `POST api/save`: writes to the file named on the command line. */
export interface SaveRequest {
  what: 'labels' | 'overlay';
}

export interface Saved {
  file: string;
  labels: LabelState;
}

/** What every refusal says. */
export interface Refused {
  error: string;
}
