/** Asks the program. Addresses are relative to the page's own, which ends in a slash. */

import type {
  Applied, Distributions, DocumentView, Fit, Found, LabelRequest, LabelState, Overlay, Queue,
  Refused, Saved, SaveRequest, Session,
} from './api';

/** What the program said no to, or that it is not there. */
export class Failure extends Error {
  constructor(
    message: string,
    /** 0: the program did not answer. */
    readonly status: number,
  ) {
    super(message);
  }
}

async function ask<T>(path: string, options: RequestInit = {}): Promise<T> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(`api/${path}`, { cache: 'no-store', ...options });
    text = await response.text();
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new Failure('The program does not answer. Is `tamis ui` still running?', 0);
  }
  if (response.ok) return JSON.parse(text) as T;
  throw new Failure(reason(text) ?? `The program answered with ${response.status}.`, response.status);
}

function reason(text: string): string | null {
  try {
    return (JSON.parse(text) as Refused).error;
  } catch {
    return null;
  }
}

function post<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  return ask<T>(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    ...(signal ? { signal } : {}),
  });
}

const of = (signal?: AbortSignal): RequestInit => (signal ? { signal } : {});

export const session = () => ask<Session>('session');
export const apply = (overlay: Overlay, signal?: AbortSignal) =>
  post<Applied>('overlay', overlay, signal);
export const document = (number: number, signal?: AbortSignal) =>
  ask<DocumentView>(`documents/${number}`, of(signal));
export const search = (query: string, signal?: AbortSignal) =>
  ask<Found>(`search?q=${encodeURIComponent(query)}`, of(signal));
export const distributions = (rule: string) =>
  ask<Distributions>(`distributions?rule=${encodeURIComponent(rule)}`);
export const label = (request: LabelRequest) => post<LabelState>('labels', request);
export const queue = (limit: number) => ask<Queue>(`queue?limit=${limit}`);
export const fit = () => post<Fit>('fit', {});
export const save = (request: SaveRequest) => post<Saved>('save', request);

/** Addresses for downloads. */
export const EXPORTS = {
  labels: 'api/export/labels.jsonl',
  overlay: 'api/export/overlay.toml',
} as const;

export const message = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
