import { AppError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import { race } from "../core/wait.ts";

/*
 * One warm browser. It is started by the first shot that needs it, replaced after a number of shots (the next is started
 * first, then the old one is drained), and replaced after a crash. Crash-only: nothing is mended, only started anew.
 */

/** What the supervisor must know of a browser. */
export interface Process {
  /** Aborts when the process is gone, asked for or not. */
  readonly gone: AbortSignal;
  /** Ends it politely; may hang. */
  close(): Promise<void>;
  /** Ends it and all its children at once; may be called again. */
  kill(): void;
}

/** The use of a process for one shot. Disposing it gives the process back. */
export interface Lease<P extends Process> extends Disposable {
  readonly process: P;
  /** Says that the process misbehaved: no further shot gets it. */
  retire(): void;
}

interface SupervisorOptions<P extends Process> {
  /** Starts a process. A rejection reaches everyone who waits for it; the next caller tries again. */
  readonly launch: () => Promise<P>;
  readonly shotsMax: number;
  /** How long a polite end may take before the process is killed. */
  readonly closeMs: number;
}

interface Running<P extends Process> {
  readonly process: P;
  shots: number;
  leases: number;
  isRetired: boolean;
}

export class Supervisor<P extends Process> implements AsyncDisposable {
  readonly #options: SupervisorOptions<P>;
  readonly #log: Logger;
  readonly #crashed: () => void;
  readonly #closing = new Set<Promise<void>>();
  #current: Running<P> | undefined;
  #starting: Promise<Running<P>> | undefined;
  #isStopped = false;

  /** `crashed` is called for every process that ends without being asked to. */
  constructor(options: SupervisorOptions<P>, deps: { readonly log: Logger; readonly crashed: () => void }) {
    this.#options = options;
    this.#log = deps.log;
    this.#crashed = deps.crashed;
  }

  /** A running process; starts one when there is none. An abort ends the wait, not the start: others may wait for it. */
  async lease(signal: AbortSignal): Promise<Lease<P>> {
    const running = await this.#running(signal);
    running.shots += 1;
    running.leases += 1;
    if (running.shots >= this.#options.shotsMax && this.#starting === undefined) this.#replace(running.shots);
    return this.#leaseOf(running);
  }

  get isRunning(): boolean {
    return this.#current !== undefined;
  }

  /** Ends the process as soon as nobody uses it; the next lease starts another. */
  rest(): void {
    if (this.#current !== undefined) this.#retire(this.#current);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopped = true;
    await this.#starting?.catch(() => undefined);
    const current = this.#current;
    if (current !== undefined) {
      this.#current = undefined;
      this.#close(current);
    }
    await Promise.all(this.#closing);
  }

  async #running(signal: AbortSignal): Promise<Running<P>> {
    for (;;) {
      if (this.#isStopped) throw new AppError("shutting_down", "Chartbell is stopping and takes no more shots.");
      const running = this.#current ?? (await race(this.#start(), signal));
      if (!running.process.gone.aborted && !running.isRetired) return running;
    }
  }

  #start(): Promise<Running<P>> {
    this.#starting ??= this.#launch().finally(() => {
      this.#starting = undefined;
    });
    return this.#starting;
  }

  async #launch(): Promise<Running<P>> {
    const process = await this.#options.launch();
    const running = { process, shots: 0, leases: 0, isRetired: false };
    if (this.#isStopped) {
      this.#close(running);
      return running;
    }
    const old = this.#current;
    this.#current = running;
    if (old !== undefined) this.#retire(old);
    process.gone.addEventListener("abort", () => this.#onGone(running), { once: true });
    return running;
  }

  /** The old process goes on serving until the next one stands, so that no shot waits for the change. */
  #replace(shots: number): void {
    this.#log.debug({ shots }, "The browser has taken its share of shots; the next one is started.");
    this.#start().catch((error: unknown) => {
      this.#log.warn({ err: error }, "The next browser could not be started; the old one goes on.");
    });
  }

  #onGone(running: Running<P>): void {
    if (this.#current === running) this.#current = undefined;
    if (running.isRetired || this.#isStopped) return;
    running.isRetired = true;
    this.#crashed();
    this.#log.warn({ shots: running.shots }, "The browser is gone; the next shot starts a new one.");
    // Its children may have outlived it.
    running.process.kill();
  }

  #leaseOf(running: Running<P>): Lease<P> {
    let isHeld = true;
    return {
      process: running.process,
      retire: () => this.#retire(running),
      [Symbol.dispose]: () => {
        if (!isHeld) return;
        isHeld = false;
        running.leases -= 1;
        if (running.isRetired && running.leases === 0) this.#close(running);
      },
    };
  }

  #retire(running: Running<P>): void {
    if (running.isRetired) return;
    running.isRetired = true;
    if (this.#current === running) this.#current = undefined;
    if (running.leases === 0) this.#close(running);
  }

  #close(running: Running<P>): void {
    running.isRetired = true;
    const closing = this.#end(running.process).finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  async #end(process: P): Promise<void> {
    if (process.gone.aborted) return;
    try {
      await race(process.close(), AbortSignal.timeout(this.#options.closeMs));
    } catch (error) {
      this.#log.warn({ err: error }, "The browser did not close in time and is killed.");
      process.kill();
    }
  }
}
