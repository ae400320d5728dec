import { AppError } from "../core/errors.ts";
import type { Clock } from "../core/clock.ts";
import { reasonOf } from "../core/wait.ts";

interface PoolOptions {
  /** Shots at a time. */
  readonly concurrency: number;
  /** Callers that may wait for a place. */
  readonly queueMax: number;
}

interface Waiter {
  readonly admit: () => void;
}

/** Assumed until the first shot has ended, milliseconds. */
const firstShotMs = 2000;

/** Places for shots: at most `concurrency` at a time, the others wait in the order they came. */
export class Pool {
  readonly #options: PoolOptions;
  readonly #clock: Clock;
  readonly #queue: Waiter[] = [];
  #busy = 0;
  #shotMs = firstShotMs;

  constructor(options: PoolOptions, deps: { readonly clock: Clock }) {
    this.#options = options;
    this.#clock = deps.clock;
  }

  get busy(): number {
    return this.#busy;
  }
  get waiting(): number {
    return this.#queue.length;
  }

  /**
   * A place, given back by disposing it. Throws `overloaded` at once when the queue is full, and the signal's reason when
   * it aborts while waiting; the waiter then leaves the queue.
   */
  async enter(signal: AbortSignal): Promise<Disposable> {
    if (signal.aborted) throw reasonOf(signal);
    if (this.#busy < this.#options.concurrency) {
      this.#busy += 1;
      return this.#place();
    }
    if (this.#queue.length >= this.#options.queueMax) throw this.#overloaded();
    await this.#turn(signal);
    return this.#place();
  }

  /** Resolves when a place was handed to this caller; the place stays counted as busy from one hand to the next. */
  async #turn(signal: AbortSignal): Promise<void> {
    const turn = Promise.withResolvers<void>();
    const waiter = { admit: () => turn.resolve() };
    const leave = (): void => {
      const index = this.#queue.indexOf(waiter);
      if (index === -1) return;
      this.#queue.splice(index, 1);
      turn.reject(reasonOf(signal));
    };
    this.#queue.push(waiter);
    signal.addEventListener("abort", leave, { once: true });
    try {
      await turn.promise;
    } finally {
      signal.removeEventListener("abort", leave);
    }
  }

  #place(): Disposable {
    const enteredMs = this.#clock.monotonicMs();
    let isHeld = true;
    return {
      [Symbol.dispose]: () => {
        if (!isHeld) return;
        isHeld = false;
        this.#shotMs += (this.#clock.monotonicMs() - enteredMs - this.#shotMs) / 8;
        const next = this.#queue.shift();
        if (next === undefined) this.#busy -= 1;
        else next.admit();
      },
    };
  }

  #overloaded(): AppError {
    const drainMs = Math.ceil((this.#queue.length * this.#shotMs) / this.#options.concurrency);
    return new AppError(
      "overloaded",
      `${this.#busy} shots are being taken and ${this.#queue.length} are waiting; no more are accepted now.`,
      { retryAfterMs: Math.max(1000, drainMs) },
    );
  }
}
