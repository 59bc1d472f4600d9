/**
 * Sends the newest of many values: a slider that is dragged gives a value with every frame.
 *
 * One request is on its way at a time. What comes in meanwhile waits, the newest alone, and goes
 * out when the answer is there; so the page follows a drag at the pace of the program, and an
 * answer is never overtaken by an older one. A request that is not answered in time is given up
 * when a newer value waits.
 */

export interface Clock {
  set(callback: () => void, milliseconds: number): unknown;
  clear(timer: unknown): void;
}

const WINDOW: Clock = {
  set: (callback, milliseconds) => setTimeout(callback, milliseconds),
  clear: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
};

export interface LatestOptions<V, A> {
  send(value: V, signal: AbortSignal): Promise<A>;
  /** Called with the answer to the newest value that was sent. */
  done(answer: A, value: V): void;
  failed(error: unknown, value: V): void;
  /** Milliseconds that the first value waits for another one. */
  debounce?: number;
  /** Milliseconds after which a request is given up for a newer one. */
  patience?: number;
  clock?: Clock;
}

export class Latest<V, A> {
  private waiting: { value: V } | null = null;
  private flight: AbortController | null = null;
  private timer: unknown = null;
  private patience: unknown = null;

  constructor(private readonly options: LatestOptions<V, A>) {}

  /** True while something waits or is on its way. */
  get busy(): boolean {
    return this.waiting !== null || this.flight !== null;
  }

  push(value: V): void {
    this.waiting = { value };
    const clock = this.options.clock ?? WINDOW;
    if (this.flight) {
      this.patience ??= clock.set(() => this.giveUp(), this.options.patience ?? 5000);
      return;
    }
    this.timer ??= clock.set(() => {
      this.timer = null;
      void this.go();
    }, this.options.debounce ?? 16);
  }

  private giveUp(): void {
    this.patience = null;
    if (this.waiting) this.flight?.abort();
  }

  private async go(): Promise<void> {
    const next = this.waiting;
    if (!next || this.flight) return;
    this.waiting = null;
    const flight = new AbortController();
    this.flight = flight;
    let settle: () => void;
    try {
      const answer = await this.options.send(next.value, flight.signal);
      settle = () => this.options.done(answer, next.value);
    } catch (error) {
      // Given up for a newer one: nobody waits for it.
      settle = flight.signal.aborted ? () => {} : () => this.options.failed(error, next.value);
    }
    this.flight = null;
    (this.options.clock ?? WINDOW).clear(this.patience);
    this.patience = null;
    settle();
    if (this.waiting) void this.go();
  }
}
