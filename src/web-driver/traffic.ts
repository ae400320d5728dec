import type { Clock } from "../core/clock.ts";

/*
 * What is on its way to a page, told from what never ends by nature. A request is a poll when the same one began three
 * times, each at a later time of the page than the end of the one before: it brings nothing that the picture waits for.
 * Several at a time are queries of one kind, and one right after the other are the parts of one answer.
 */

export interface Traffic {
  /** Requests on their way that the picture waits for. */
  readonly inFlight: number;
  /** Requests on their way that nobody waits for: polls, event streams, answers nobody reads. */
  readonly excused: number;
  /** Web fonts on their way. */
  readonly fonts: number;
  /** Rises whenever a request that counts begins or ends. */
  readonly events: number;
  /** Monotonic milliseconds when the youngest of the requests in flight began. */
  readonly youngestMs: number;
  /** Monotonic milliseconds when a request that counts, or a font, began or ended last. */
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
  /** How often one began by itself: none underway, and the page's time had gone on since the last one's end. */
  rounds: number;
  underway: number;
  endedPageMs: number;
}

interface Underway {
  readonly key: string;
  readonly beganMs: number;
  /** When the head of a whole, short answer came; its body is there as well, read by the page or not. */
  answeredMs: number;
}

/** Bodies of this size are buffered by the browser; Chromium calls their request finished only when the page reads them. */
const bufferedBytesMax = 64 * 1024;
/** For how long a short answer whose body nobody reads still counts as on its way. */
const unreadMs = 150;

/** Messages of live sources that count as signs of life; the ones after them are heartbeats unless pixels change. */
const spokenMax = 4;

export class TrafficLog {
  readonly #clock: Clock;
  readonly #pageMs: () => number;
  readonly #counted = new Map<unknown, Underway>();
  readonly #fonts = new Set<unknown>();
  readonly #streams = new Set<unknown>();
  readonly #endpoints = new Map<string, Endpoint>();
  #events = 0;
  #progressMs: number;
  #dataMs: number;
  #liveSources = 0;
  #liveMs = 0;
  #spoken = 0;

  /** `pageMs`: the page's own time, which stands still while we hold it. */
  constructor(clock: Clock, pageMs: () => number = () => clock.monotonicMs()) {
    this.#clock = clock;
    this.#pageMs = pageMs;
    this.#progressMs = clock.monotonicMs();
    this.#dataMs = this.#progressMs;
  }

  began(id: unknown, request: SeenRequest): void {
    if (ignored.has(request.kind)) return;
    if (request.kind === "eventsource") {
      this.#streams.add(id);
      this.liveBegan();
      return;
    }
    if (request.kind === "font") {
      this.#fonts.add(id);
      this.#progressMs = this.#clock.monotonicMs();
      return;
    }
    const key = keyOf(request);
    const endpoint = this.#endpoints.get(key) ?? { rounds: 0, underway: 0, endedPageMs: Number.NEGATIVE_INFINITY };
    this.#endpoints.set(key, endpoint);
    if (endpoint.underway === 0 && this.#pageMs() > endpoint.endedPageMs) endpoint.rounds += 1;
    endpoint.underway += 1;
    this.#counted.set(id, { key, beganMs: this.#clock.monotonicMs(), answeredMs: Number.POSITIVE_INFINITY });
    if (this.#isPoll(key)) return;
    this.#events += 1;
    this.#progressMs = this.#clock.monotonicMs();
  }

  /** The head of the answer is there; `bodyBytes` as the server announced it, undefined when it did not. */
  answered(id: unknown, bodyBytes: number | undefined): void {
    const request = this.#counted.get(id);
    if (request !== undefined && (bodyBytes ?? Number.POSITIVE_INFINITY) <= bufferedBytesMax) {
      request.answeredMs = this.#clock.monotonicMs();
    }
  }

  ended(id: unknown): void {
    if (this.#streams.delete(id)) this.liveEnded();
    const key = this.#counted.get(id)?.key;
    const isFont = this.#fonts.delete(id);
    if (key === undefined && !isFont) return;
    const endpoint = key === undefined ? undefined : this.#endpoints.get(key);
    if (endpoint !== undefined) {
      endpoint.underway -= 1;
      endpoint.endedPageMs = this.#pageMs();
    }
    this.#counted.delete(id);
    if (key !== undefined && this.#isPoll(key)) return;
    this.#events += 1;
    this.#progressMs = this.#clock.monotonicMs();
    if (!isFont) this.#dataMs = this.#progressMs;
  }

  /** A worker, WebSocket or event stream appeared. */
  liveBegan(): void {
    this.#liveSources += 1;
    this.#liveMs = this.#clock.monotonicMs();
  }

  liveEnded(): void {
    this.#liveSources = Math.max(0, this.#liveSources - 1);
    this.#liveMs = this.#clock.monotonicMs();
  }

  liveSpoke(): void {
    this.#spoken += 1;
    if (this.#spoken <= spokenMax) this.#liveMs = this.#clock.monotonicMs();
  }

  now(): Traffic {
    const unreadSinceMs = this.#clock.monotonicMs() - unreadMs;
    const underway = [...this.#counted.values()].filter(
      ({ key, answeredMs }) => !this.#isPoll(key) && answeredMs > unreadSinceMs,
    );
    return {
      inFlight: underway.length,
      excused: this.#counted.size - underway.length + this.#streams.size,
      youngestMs: Math.max(...underway.map(({ beganMs }) => beganMs)),
      fonts: this.#fonts.size,
      events: this.#events,
      progressMs: this.#progressMs,
      dataMs: this.#dataMs,
      liveSources: this.#liveSources,
      liveMs: this.#liveMs,
    };
  }

  #isPoll(key: string): boolean {
    return (this.#endpoints.get(key)?.rounds ?? 0) >= pollsAfter;
  }
}

/** Long numbers are time stamps that keep caches away; with or without them it is the same poll. */
function keyOf({ method, url, body }: SeenRequest): string {
  return `${method} ${url} ${body}`.replace(/\d{10,}/gu, "#");
}
