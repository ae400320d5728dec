import type { BrowserContext, CDPSession, Page, Request } from "playwright";
import type { Clock } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";
import { race, reasonOf, wait } from "../core/wait.ts";
import { FramesStuck } from "./frame-clock.ts";
import type { FrameClock } from "./frame-clock.ts";
import type { Evaluated, MainDocument, SentCookie, Tab } from "./tab.ts";
import { shiftedDate } from "./in-page.ts";
import { TrafficLog } from "./traffic.ts";

/** A page of Playwright's as a Tab: what leaves this file are the types of tab.ts and AppErrors. */

/** How long a page may take to end before its browser counts as stuck. */
const tabCloseMs = 2000;
/** How long the event that explains a failed call may come after the failure. */
const explanationMs = 300;

interface TabParts {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly session: CDPSession;
  readonly gone: AbortSignal;
  readonly clock: Clock;
  /** Present when the page's time and frames are ours. */
  readonly frames: FrameClock | undefined;
}

export function createTab({ context, page, session, gone, clock, frames }: TabParts): Tab {
  const lost = AbortSignal.any([gone, watchEnd(page, gone)]);
  const network = watchNetwork(page, session, clock, () => frames?.elapsedMs ?? clock.monotonicMs());
  keepQuiet(context, page);
  const viewport = page.viewportSize() ?? { width: 1280, height: 800 };
  let resized = false;
  const shift: DateShift = { scriptId: undefined };

  const guarded = async <Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> => {
    const either = AbortSignal.any([signal, lost]);
    try {
      return await race(work, either);
    } catch (error) {
      if (error instanceof AppError || error instanceof FramesStuck) throw error;
      if (!either.aborted) await explanation(lost);
      throw either.aborted ? reasonOf(either) : new AppError("page_crashed", "The page broke off.");
    }
  };
  return {
    lost,
    frames: frames === undefined ? undefined : guardClock(frames, lost, guarded),
    identify: (origin, headers, cookies, signal) => guarded(identify(session, origin, headers, cookies), signal),
    async navigate(url, signal) {
      network.forget();
      if (resized) await guarded(page.setViewportSize(viewport), signal);
      resized = false;
      await guarded(shiftDate(session, shift, frames), signal);
      const committed = page.goto(url, { waitUntil: "commit", timeout: 0 }).catch(() => undefined);
      await guarded(committed, signal);
      // A page that goes elsewhere at once makes goto reject before the new document has an answer.
      while (!network.isAnswered()) await guarded(wait(10, signal), signal);
    },
    loaded: (signal) => guarded(page.waitForLoadState("load", { timeout: 0 }), signal),
    document: network.document,
    isDownload: network.isDownload,
    traffic: network.traffic,
    evaluate: (expression, signal) => guarded(evaluate(session, expression), signal),
    async resize(width, height, signal) {
      resized = true;
      await guarded(page.setViewportSize({ width, height }), signal);
    },
    async capture(area, reach, signal) {
      if (frames !== undefined) {
        const picture = frames.photograph(AbortSignal.any([signal, lost]));
        return guarded(Promise.race([picture, network.nextCommit()]), signal);
      }
      const clip = { ...area, scale: 1 };
      const options = {
        format: "png",
        optimizeForSpeed: true,
        captureBeyondViewport: reach === "beyond",
        clip,
      } as const;
      const answer = session.send("Page.captureScreenshot", options).then(
        ({ data }) => Buffer.from(data, "base64"),
        () => undefined,
      );
      // A capture that a new document overtakes is refused or, as often, never answered.
      return guarded(Promise.race([answer, network.nextCommit()]), signal);
    },
    heapBytes: () => heapBytes(session),
    async rest() {
      await session.send("HeapProfiler.collectGarbage").catch(() => undefined);
    },
    url: () => page.url(),
    close: () => closeContext(context),
  };
}

type Guarded = <Value>(work: Promise<Value>, signal: AbortSignal) => Promise<Value>;

/** A clock whose steps end with the page, with the reason for its end. */
function guardClock(frames: FrameClock, lost: AbortSignal, guarded: Guarded): FrameClock {
  const either = (signal: AbortSignal): AbortSignal => AbortSignal.any([signal, lost]);
  return {
    get elapsedMs() {
      return frames.elapsedMs;
    },
    behindMs: () => frames.behindMs(),
    hold: (signal) => guarded(frames.hold(signal), signal),
    step: (ms, goesOn, signal) => guarded(frames.step(ms, goesOn, either(signal)), signal),
    beat: (count, signal) => guarded(frames.beat(count, either(signal)), signal),
    photograph: (signal) => guarded(frames.photograph(either(signal)), signal),
  };
}

/** Ends a context and its pages; false when it did not end within two seconds. */
export async function closeContext(context: BrowserContext): Promise<boolean> {
  try {
    await race(context.close(), AbortSignal.timeout(tabCloseMs));
    return true;
  } catch {
    return false;
  }
}

/** Waits a little for the event that explains a failed call. */
export async function explanation(signal: AbortSignal): Promise<void> {
  await wait(explanationMs, signal).catch(() => undefined);
}

function watchEnd(page: Page, gone: AbortSignal): AbortSignal {
  const ended = new AbortController();
  page.on("crash", () =>
    ended.abort(new AppError("page_crashed", "The page's tab crashed while it was photographed.")),
  );
  page.on("close", () => {
    // When the whole browser ends its pages close first; give that news the time to arrive.
    void explanation(gone).then(() => ended.abort(new AppError("page_crashed", "The page closed itself.")));
  });
  return ended.signal;
}

interface DateShift {
  scriptId: string | undefined;
}

/** A difference that no chart shows. */
const dateShiftMinMs = 250;

/**
 * A kept page's time passes in shots only, and faster than real time there. Its dates are put right for each shot: "the last
 * five minutes" must be those that are over now.
 */
async function shiftDate(session: CDPSession, shift: DateShift, frames: FrameClock | undefined): Promise<void> {
  if (frames === undefined) return;
  const { scriptId: identifier } = shift;
  if (identifier !== undefined) await session.send("Page.removeScriptToEvaluateOnNewDocument", { identifier });
  shift.scriptId = undefined;
  const behindMs = frames.behindMs();
  if (Math.abs(behindMs) < dateShiftMinMs) return;
  const script = { source: shiftedDate(behindMs) };
  shift.scriptId = (await session.send("Page.addScriptToEvaluateOnNewDocument", script)).identifier;
}

async function heapBytes(session: CDPSession): Promise<number> {
  try {
    const { usedSize } = await race(session.send("Runtime.getHeapUsage"), AbortSignal.timeout(tabCloseMs));
    return usedSize;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** Nothing a page opens beside itself is answered or kept. */
function keepQuiet(context: BrowserContext, page: Page): void {
  const ignore = (): undefined => undefined;
  context.on("page", (popup) => {
    if (popup !== page) popup.close().catch(ignore);
  });
  context.on("dialog", (dialog) => {
    // A page that is navigated again may ask whether it may be left.
    const answer = dialog.type() === "beforeunload" ? dialog.accept() : dialog.dismiss();
    answer.catch(ignore);
  });
  page.on("download", (download) => {
    download.cancel().catch(ignore);
  });
}

interface Seen {
  readonly request: Request;
  document: MainDocument;
}

function watchNetwork(page: Page, session: CDPSession, clock: Clock, pageMs: () => number) {
  let log = new TrafficLog(clock, pageMs);
  let current: Seen | undefined;
  let committed: Request | undefined;
  let isDownload = false;
  let commit = Promise.withResolvers<undefined>();

  page.on("framenavigated", (frame) => {
    if (frame !== page.mainFrame() || committed === current?.request) return;
    committed = current?.request;
    commit.resolve(undefined);
    commit = Promise.withResolvers();
  });
  page.on("request", (request) => {
    if (request.isNavigationRequest() && request.frame() === page.mainFrame()) {
      const document = { url: request.url(), status: undefined, mediaType: "", failure: undefined };
      current = { request, document };
    }
    const body = request.method() === "GET" ? "" : (request.postData() ?? "");
    log.began(request, { method: request.method(), url: request.url(), kind: request.resourceType(), body });
  });
  page.on("response", (response) => {
    const length = response.headers()["content-length"];
    // Nobody reads the body of a refusal; what it says is in its status.
    const bodyBytes = response.status() >= 400 ? 0 : length === undefined ? undefined : Number(length);
    log.answered(response.request(), bodyBytes);
    if (current === undefined || response.request() !== current.request) return;
    const mediaType = response.headers()["content-type"]?.split(";")[0]?.trim().toLowerCase() ?? "";
    current.document = { ...current.document, status: response.status(), mediaType };
  });
  page.on("requestfinished", (request) => log.ended(request));
  page.on("requestfailed", (request) => {
    log.ended(request);
    if (current === undefined || request !== current.request) return;
    current.document = { ...current.document, failure: request.failure()?.errorText ?? "net::ERR_FAILED" };
  });
  page.on("download", () => {
    isDownload = true;
  });
  watchLiveSources(page, session, () => log);
  const document = (): MainDocument | undefined => current?.document;
  return {
    document,
    /** Resolves when a new document takes the place of the present one. */
    nextCommit: () => commit.promise,
    isDownload: () => isDownload,
    isAnswered: () => isDownload || document()?.status !== undefined || document()?.failure !== undefined,
    traffic: () => log.now(),
    /** Starts over for another navigation of the same page. */
    forget() {
      log = new TrafficLog(clock, pageMs);
      current = undefined;
      isDownload = false;
    },
  };
}

/** Workers, WebSockets and event streams: what they do, the page's own clock does not govern. */
function watchLiveSources(page: Page, session: CDPSession, log: () => TrafficLog): void {
  page.on("worker", (worker) => {
    log().liveBegan();
    worker.on("close", () => log().liveEnded());
  });
  page.on("websocket", (socket) => {
    log().liveBegan();
    socket.on("framereceived", () => log().liveSpoke());
    socket.on("close", () => log().liveEnded());
  });
  session.on("Network.eventSourceMessageReceived", () => log().liveSpoke());
  page.on("request", (request) => {
    // Only where there is a stream: enabled, it tells once more of every request that Playwright's session tells of.
    if (request.resourceType() === "eventsource") session.send("Network.enable").catch(() => undefined);
  });
  // Without it, scripts for new documents are taken and never run.
  session.send("Page.enable").catch(() => undefined);
}

/**
 * A session of our own with Fetch limited to the origin: headers set this way hold for one hop. Playwright's own ways send
 * them everywhere (extraHTTPHeaders) or again after a redirect (route.continue). Cookies carry scheme and port.
 */
async function identify(
  session: CDPSession,
  origin: string,
  headers: Readonly<Record<string, string>>,
  cookies: readonly SentCookie[],
): Promise<void> {
  const { protocol, port } = new URL(origin);
  const isSecure = protocol === "https:";
  for (const cookie of cookies) {
    const cookieSet = session.send("Network.setCookie", {
      ...cookie,
      url: new URL(cookie.path, origin).href,
      httpOnly: true,
      secure: isSecure,
      sourceScheme: isSecure ? "Secure" : "NonSecure",
      sourcePort: Number(port || (isSecure ? 443 : 80)),
    });
    const isTaken = await cookieSet.then(({ success }) => success).catch(() => false);
    if (!isTaken) throw new AppError("request_invalid", `The browser does not take the cookie ${cookie.name}.`);
  }
  const ours = Object.entries(headers).map(([name, value]) => ({ name, value }));
  if (ours.length === 0) return;
  const names = new Set(ours.map(({ name }) => name.toLowerCase()));
  session.on("Fetch.requestPaused", ({ requestId, request }) => {
    const theirs = Object.entries(request.headers).map(([name, value]) => ({ name, value }));
    const isOurs = URL.parse(request.url)?.origin === origin;
    const kept = theirs.filter(({ name }) => !names.has(name.toLowerCase()));
    const params = isOurs ? { requestId, headers: [...kept, ...ours] } : { requestId };
    // The request may have been given up meanwhile; if not, it must not stay paused.
    session
      .send("Fetch.continueRequest", params)
      .catch(() => session.send("Fetch.failRequest", { requestId, errorReason: "Aborted" }))
      .catch(() => undefined);
  });
  await session.send("Fetch.enable", { patterns: [{ urlPattern: `${origin}/*`, requestStage: "Request" }] });
}

async function evaluate(session: CDPSession, expression: string): Promise<Evaluated> {
  try {
    const answer = await session.send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
    const { exceptionDetails: thrown, result } = answer;
    if (thrown === undefined) return { kind: "value", value: result.value as unknown };
    const words = thrown.exception?.description?.split("\n")[0] ?? String(thrown.exception?.value ?? thrown.text);
    return { kind: "exception", name: thrown.exception?.className ?? "Error", message: words };
  } catch {
    return { kind: "interrupted" };
  }
}
