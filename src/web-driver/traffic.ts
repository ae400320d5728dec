import type { Clock } from "../core/clock.ts";

/*
 * What is on its way to a page, told from what never ends by nature. A request is a poll when the same one began three
 * times, each after the end of the one before: it brings nothing that the picture waits for.
 */

export interface Traffic {
  /** Requests on their way that the picture waits for. */
  readonly inFlight: number;
  /** Web fonts on their way. */
  readonly fonts: number;
  /** Rises whenever a request that counts begins or ends. */
  readonly events: number;
  /** Monotonic milliseconds of the last sign of life: a request that counts began, got data or ended. */
  readonly progressMs: number;
  /** Monotonic milliseconds when the last request that counts had ended. */
  readonly dataMs: number;
  /** Workers, WebSockets and event streams: they live in real time, whatever the page's clock does. */
  readonly liveSources: number;
  /** Monotonic milliseconds of their last sign of life. */
  readonly liveMs: number;
}

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  /** Lower case, as Chromium names it: document, fetch, xhr, font, eventsource, … */
  readonly kind: string;
  readonly body: string;
}

const pollsAfter = 3;
/** Of no use to the picture, or endless: neither waited for nor a sign of anything. */
const ignored = new Set(["ping", "beacon", "media", "websocket", "cspviolationreport", "prefetch", "preflight"]);

interface Endpoint {
  begins: number;
  underway: number;
  /** Whether one began while another was underway: then they are no poll, but several queries of one kind. */
  overlapped: boolean;
}

export class TrafficLog {
  readonly #clock: Clock;
  readonly #counted = new Map<unknown, string>();
  readonly #fonts = new Set<unknown>();
  readonly #endpoints = new Map<string, Endpoint>();
  #events = 0;
  #progressMs: number;
  #dataMs: number;
  #liveSources = 0;
  #liveMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#progressMs = clock.monotonicMs();
    this.#dataMs = this.#progressMs;
  }

  began(id: unknown, request: SeenRequest): void {
    if (ignored.has(request.kind)) return;
    if (request.kind === "eventsource") {
      this.liveBegan();
      return;
    }
    if (request.kind === "font") {
      this.#fonts.add(id);
      this.#progressMs = this.#clock.monotonicMs();
      return;
    }
    const key = keyOf(request);
    const endpoint = this.#endpoints.get(key) ?? { begins: 0, underway: 0, overlapped: false };
    this.#endpoints.set(key, endpoint);
    endpoint.overlapped ||= endpoint.underway > 0;
    endpoint.begins += 1;
    endpoint.underway += 1;
    this.#counted.set(id, key);
    if (this.#isPoll(key)) return;
    this.#events += 1;
    this.#progressMs = this.#clock.monotonicMs();
  }

  ended(id: unknown): void {
    const key = this.#counted.get(id);
    const isFont = this.#fonts.delete(id);
    if (key === undefined && !isFont) return;
    const endpoint = key === undefined ? undefined : this.#endpoints.get(key);
    if (endpoint !== undefined) endpoint.underway -= 1;
    this.#counted.delete(id);
    if (key !== undefined && this.#isPoll(key)) return;
    this.#events += 1;
    this.#progressMs = this.#clock.monotonicMs();
    if (!isFont) this.#dataMs = this.#progressMs;
  }

  /** A worker, WebSocket or event stream appeared. */
  liveBegan(): void {
    this.#liveSources += 1;
    this.liveSpoke();
  }

  liveEnded(): void {
    this.#liveSources = Math.max(0, this.#liveSources - 1);
    this.liveSpoke();
  }

  liveSpoke(): void {
    this.#liveMs = this.#clock.monotonicMs();
  }

  now(): Traffic {
    return {
      inFlight: [...this.#counted.values()].filter((key) => !this.#isPoll(key)).length,
      fonts: this.#fonts.size,
      events: this.#events,
      progressMs: this.#progressMs,
      dataMs: this.#dataMs,
      liveSources: this.#liveSources,
      liveMs: this.#liveMs,
    };
  }

  #isPoll(key: string): boolean {
    const endpoint = this.#endpoints.get(key);
    return endpoint !== undefined && endpoint.begins >= pollsAfter && !endpoint.overlapped;
  }
}

/** Long numbers are time stamps that keep caches away; with or without them it is the same poll. */
function keyOf({ method, url, body }: SeenRequest): string {
  return `${method} ${url} ${body}`.replace(/\d{10,}/gu, "#");
}
