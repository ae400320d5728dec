import type { ShotOptions } from "../core/portal.ts";
import type { FrameClock } from "./frame-clock.ts";
import type { Traffic } from "./traffic.ts";

/*
 * One page in one fresh browser context, as a shot sees it. No word of the driver library in here: what stands behind it
 * rejects with AppErrors only, and everything waits for `lost` as well as for the caller's signal.
 */

export interface TabOptions extends Pick<ShotOptions, "viewport" | "timezone" | "locale" | "colorScheme" | "ready"> {
  readonly proxyUrl: string;
  readonly ignoreCertificate: boolean;
}

/** The page's own document, as the network saw it: the newest one, for a page may go on to another. */
export interface MainDocument {
  readonly url: string;
  /** Undefined until the answer's head is there. */
  readonly status: number | undefined;
  /** Lower case, without parameters; empty when the server named none. */
  readonly mediaType: string;
  /** Chromium's name of a failure, such as `net::ERR_CONNECTION_REFUSED`. */
  readonly failure: string | undefined;
}

export type Evaluated =
  | { readonly kind: "value"; readonly value: unknown }
  /** The page's code threw. */
  | { readonly kind: "exception"; readonly name: string; readonly message: string }
  /** The page went to another document meanwhile; asking again helps. */
  | { readonly kind: "interrupted" };

/** A rectangle of the page, CSS pixels from the top left corner of the document. */
export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Whether an area is just what the window shows, lies inside of it, or reaches out of it. */
export type Reach = "window" | "inside" | "beyond";

export interface SentCookie {
  readonly name: string;
  readonly value: string;
  readonly path: string;
}

export interface Tab {
  /** Aborts with an AppError (`page_crashed`, `browser_crashed`) when the page or its browser is gone. */
  readonly lost: AbortSignal;
  /** The page's time and frames, where the browser lets us have them. */
  readonly frames: FrameClock | undefined;
  /** Sends these with every request to this origin, and to no other; redirects are requests of their own. */
  identify(
    origin: string,
    headers: Readonly<Record<string, string>>,
    cookies: readonly SentCookie[],
    signal: AbortSignal,
  ): Promise<void>;
  /** Resolves when the document's first bytes are shown or the navigation came to nothing; `document()` tells which. */
  navigate(url: string, signal: AbortSignal): Promise<void>;
  /** Resolves after the load event of the present document. */
  loaded(signal: AbortSignal): Promise<void>;
  document(): MainDocument | undefined;
  /** Whether the navigation turned into a download. */
  isDownload(): boolean;
  traffic(): Traffic;
  /** Evaluates in the main frame; promises are awaited, the value must be JSON. */
  evaluate(expression: string, signal: AbortSignal): Promise<Evaluated>;
  /** Gives the window another size, CSS pixels. */
  resize(width: number, height: number, signal: AbortSignal): Promise<void>;
  /**
   * A lossless PNG of the area, at the viewport's scale; of the whole window where the frames are ours, for one frame is the
   * capture there. Undefined when the page went to another document meanwhile.
   */
  capture(area: Area, reach: Reach, signal: AbortSignal): Promise<Buffer | undefined>;
  /** What the page's scripts hold in memory; infinite when that cannot be told. */
  heapBytes(): Promise<number>;
  /** Gives back the memory that the page's scripts no longer use, for a page that is kept idle. Never rejects. */
  rest(): Promise<void>;
  /** Where the page is now. */
  url(): string;
  /** Ends the page and its context. False when they did not end in time: the browser is then not to be trusted. */
  close(): Promise<boolean>;
}
