import type { ShotOptions } from "../core/portal.ts";
import type { Verdict } from "../core/picture.ts";
import type { Secret } from "../core/secret.ts";

/*
 * Pixels from a page. A caller may rely on this: `shoot` either returns pixels with a verdict or throws an AppError of kind
 * render, setup or request; it never takes longer than `options.timeoutMs` plus the time to notice an abort; whatever the
 * page does (crash, hang, redirect, download, dialog, popup), nothing of it outlives the call; the page reaches no address
 * that the operator did not allow, other than public ones that it loads its parts from.
 */

/**
 * What Chartbell shows the portal to be let in; sent to the portal's own origin only, also after redirects. Cookies go with
 * WebSockets too, headers and basic authentication do not: Chromium cannot add headers there. Scripts cannot read them.
 */
export interface Identity {
  readonly headers: Readonly<Record<string, Secret>>;
  readonly cookies: readonly { readonly name: string; readonly value: Secret; readonly path: string }[];
  readonly basic: { readonly username: string; readonly password: Secret } | undefined;
}

export const anonymous: Identity = { headers: {}, cookies: [], basic: undefined };

export interface ShotRequest {
  /**
   * Whose page this is: shots of the same name, with the same identity, may use one page again. Undefined for an address
   * that belongs to nobody: it gets a page of its own.
   */
  readonly reuse: string | undefined;
  /** Absolute http(s) URL; its host:port is allowed for this shot when `trustUrl` is set. */
  readonly url: string;
  /** True for a portal of the configuration: the operator wrote its URL. False for a URL that a caller gave. */
  readonly trustUrl: boolean;
  readonly options: ShotOptions;
  readonly identity: Identity;
  /** Whether a certificate that cannot be verified is accepted (a portal's `tls.verify: false`). */
  readonly ignoreCertificate: boolean;
}

/** How long each part took, milliseconds. */
export interface ShotTimings {
  /** Waiting for its turn and, for the first shot, for the browser. */
  readonly queueMs: number;
  /** Opening a page and having the server's answer. */
  readonly navigateMs: number;
  /** From the answer's head to the end of the last request that the picture waited for. */
  readonly dataMs: number;
  readonly settleMs: number;
  readonly captureMs: number;
}

export interface Capture {
  /** Lossless PNG as captured. */
  readonly png: Buffer;
  /** Device pixels. */
  readonly width: number;
  readonly height: number;
  /** `ready` or `partial`; whether the picture is blank is for the image module to say. */
  readonly verdict: Verdict;
  /** Where the page ended after redirects, query removed. */
  readonly finalUrl: string;
  readonly timings: ShotTimings;
}

/** What the driver is doing at this moment. */
export interface DriverLoad {
  readonly shotsUnderway: number;
  /** Shots that wait for a place. */
  readonly shotsWaiting: number;
  /** Idle pages that wait for their portal's next shot. */
  readonly pagesKept: number;
  readonly browsersRunning: number;
}

export interface WebDriver extends AsyncDisposable {
  shoot(request: ShotRequest, signal: AbortSignal): Promise<Capture>;
  /** Replaces what pages may reach beside the public addresses, and lets go of kept pages: their sign-in may have changed. */
  renew(allow: readonly string[]): void;
  /** Starts the browser if it is not running, and tells which one it is. */
  probe(
    signal: AbortSignal,
  ): Promise<{ readonly executable: string; readonly version: string; readonly sandbox: boolean }>;
  load(): DriverLoad;
}

/** Cuts a rectangle (device pixels) out of a lossless PNG; the result is one, too. */
export type Cut = (
  png: Buffer,
  area: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
) => Promise<Buffer>;
