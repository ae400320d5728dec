import type { Process, Supervisor } from "./supervisor.ts";

/*
 * The browsers that run side by side, one of a kind. A kind is how its frames are drawn and its device scale: a browser that
 * merely emulates a device scale loses its GPU process now and then while its frames are drawn by us (Chromium 156: 5 times in
 * 140 shots; not once when it was started with that scale).
 */

export interface Kind {
  /** Whether its pages' frames are drawn by us, where the executable lets us. */
  readonly drawsFrames: boolean;
  /** Device pixels per CSS pixel. */
  readonly scale: number;
}

/** Browsers that idle beside the one in use; the one that was used longest ago ends first. */
const idleMax = 2;

export class Fleet<P extends Process> implements AsyncDisposable {
  readonly #supervise: (kind: Kind) => Supervisor<P>;
  /** Used longest ago first. */
  readonly #supervisors = new Map<string, Supervisor<P>>();

  /** `supervise` makes a supervisor that starts no browser before it is asked for one. */
  constructor(supervise: (kind: Kind) => Supervisor<P>) {
    this.#supervise = supervise;
  }

  /** Browsers that are running and not about to end. */
  get running(): number {
    return [...this.#supervisors.values()].filter(({ isRunning }) => isRunning).length;
  }

  of(kind: Kind): Supervisor<P> {
    const key = JSON.stringify([kind.drawsFrames, kind.scale]);
    const supervisor = this.#supervisors.get(key) ?? this.#supervise(kind);
    this.#supervisors.delete(key);
    const idle = [...this.#supervisors.values()].filter(({ isRunning }) => isRunning);
    for (const one of idle.slice(0, Math.max(0, idle.length - idleMax))) one.rest();
    this.#supervisors.set(key, supervisor);
    return supervisor;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#supervisors.values()].map((one) => one[Symbol.asyncDispose]()));
  }
}
