import { readFile } from "node:fs/promises";
import type { Browser as PlaywrightBrowser, BrowserContext, CDPSession, Page, Request } from "playwright";
import type { Clock } from "../core/clock.ts";
import { AppError, messageOf } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import { race, reasonOf, wait } from "../core/wait.ts";
import { launchFlags } from "./launch-flags.ts";
import type { Process } from "./supervisor.ts";
import type { Evaluated, MainDocument, SentCookie, Tab, TabOptions } from "./tab.ts";

/*
 * The only file that knows Playwright. What leaves it are the types of tab.ts and AppErrors; Playwright's own messages stay
 * inside, because they carry URLs with their query and the steps of a library that no reader of an alert knows.
 */

export interface Browser extends Process {
  readonly version: string;
  /** A page in a context of its own. Rejects with the signal's reason, or with `browser_crashed`. */
  open(options: TabOptions, signal: AbortSignal): Promise<Tab>;
}

interface LaunchOptions {
  readonly executable: string;
  readonly sandbox: boolean;
  /** Where requests go that belong to no page: Chromium's own. */
  readonly proxyUrl: string;
}

/** Thrown for want of a sandbox, so that the caller may decide to go without. */
export class SandboxMissing extends Error {
  override readonly name = "SandboxMissing";
}

/** How long a page may take to end before its browser counts as stuck. */
const tabCloseMs = 2000;
/** How long the event that explains a failed call may come after the failure. */
const explanationMs = 300;

/** Starts a browser within `limits.browserLaunchMs`. Throws `browser_unstartable`, or SandboxMissing. */
export async function launchBrowser(options: LaunchOptions, deps: { readonly clock: Clock }): Promise<Browser> {
  // Loading Playwright takes a quarter of a second, which commands that take no picture need not spend.
  const { chromium } = await import("playwright");
  let browser: PlaywrightBrowser;
  try {
    browser = await chromium.launch({
      executablePath: options.executable,
      chromiumSandbox: options.sandbox,
      headless: true,
      args: [...launchFlags],
      proxy: { server: options.proxyUrl, bypass: "<-loopback>" },
      timeout: limits.browserLaunchMs,
      // Signals are the composition root's business: it lets shots end first.
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
    });
  } catch (error) {
    throw launchError(options.executable, messageOf(error));
  }
  const processId = await processIdOf(browser);
  return manage(browser, processId === undefined ? [] : await killTargets(processId), deps.clock);
}

function launchError(executable: string, report: string): Error {
  // Chromium says so only in words, on standard error; there is no code to go by.
  if (/no usable sandbox|sandbox_host_linux|setuid sandbox|as root without --no-sandbox/iu.test(report)) {
    return new SandboxMissing("The browser found no usable sandbox.");
  }
  const telling = /error while loading shared libraries[^\n]*|spawn [^\n]*|timeout [^\n]*exceeded/iu.exec(report)?.[0];
  return new AppError(
    "browser_unstartable",
    `The browser ${executable} did not start: ${telling ?? "it ended at once"}.`,
  );
}

async function processIdOf(browser: PlaywrightBrowser): Promise<number | undefined> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  return processInfo.find(({ type }) => type === "browser")?.id;
}

/**
 * What to signal so that nothing of a browser stays: its process group and itself. Playwright starts a browser as the leader
 * of a group, but some distributions put a shell script between, which is then the leader; Linux tells the group.
 */
async function killTargets(processId: number): Promise<readonly number[]> {
  const group = await groupOf(processId);
  const isOwn = group !== undefined && group === (await groupOf(process.pid));
  return isOwn ? [processId] : [-(group ?? processId), processId];
}

async function groupOf(processId: number): Promise<number | undefined> {
  try {
    const status = await readFile(`/proc/${processId}/stat`, "utf8");
    // "pid (name) state parent group …", and the name may hold anything.
    return Number(status.slice(status.lastIndexOf(")") + 2).split(" ")[2]);
  } catch {
    return undefined;
  }
}

function manage(browser: PlaywrightBrowser, killing: readonly number[], clock: Clock): Browser {
  const gone = new AbortController();
  browser.on("disconnected", () => {
    gone.abort(new AppError("browser_crashed", "The browser ended while the page was being photographed."));
  });
  return {
    version: browser.version(),
    gone: gone.signal,
    open: (options, signal) => openTab(browser, options, gone.signal, clock, signal),
    close: () => browser.close(),
    kill: () => {
      for (const target of killing) {
        try {
          process.kill(target, "SIGKILL");
        } catch {
          // Gone already.
        }
      }
    },
  };
}

async function openTab(
  browser: PlaywrightBrowser,
  options: TabOptions,
  gone: AbortSignal,
  clock: Clock,
  signal: AbortSignal,
): Promise<Tab> {
  const either = AbortSignal.any([signal, gone]);
  let context: BrowserContext | undefined;
  try {
    context = await race(browser.newContext(contextOptions(options)), either, (late) => late.close());
    const page = await race(context.newPage(), either);
    const session = await race(context.newCDPSession(page), either);
    return createTab({ context, page, session, gone, clock, scale: options.viewport.scale });
  } catch {
    if (context !== undefined) await closeContext(context);
    if (either.aborted) throw reasonOf(either);
    await explanation(gone);
    throw gone.aborted ? reasonOf(gone) : new AppError("browser_crashed", "The browser could not open a page.");
  }
}

function contextOptions(options: TabOptions): NonNullable<Parameters<PlaywrightBrowser["newContext"]>[0]> {
  const { viewport } = options;
  return {
    viewport: { width: viewport.width, height: viewport.height },
    deviceScaleFactor: viewport.scale,
    timezoneId: options.timezone,
    locale: options.locale,
    colorScheme: options.colorScheme,
    // Charts that honour it are at their end at once.
    reducedMotion: "reduce",
    proxy: { server: options.proxyUrl, bypass: "<-loopback>" },
    ignoreHTTPSErrors: options.ignoreCertificate,
    serviceWorkers: "block",
    acceptDownloads: false,
    permissions: [],
  };
}

interface TabParts {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly session: CDPSession;
  readonly gone: AbortSignal;
  readonly clock: Clock;
  readonly scale: number;
}

function createTab({ context, page, session, gone, clock, scale }: TabParts): Tab {
  const lost = AbortSignal.any([gone, watchEnd(page, gone)]);
  const network = watchNetwork(page, clock);
  keepQuiet(context, page);

  const guarded = async <Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> => {
    const either = AbortSignal.any([signal, lost]);
    try {
      return await race(work, either);
    } catch (error) {
      if (error instanceof AppError) throw error;
      if (!either.aborted) await explanation(lost);
      throw either.aborted ? reasonOf(either) : new AppError("page_crashed", "The page broke off.");
    }
  };
  return {
    lost,
    identify: (origin, headers, cookies, signal) => guarded(identify(session, origin, headers, cookies), signal),
    async navigate(url, signal) {
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
    async capture(area, isBeyond, signal) {
      const clip = { ...area, scale };
      const options = { format: "png", optimizeForSpeed: true, captureBeyondViewport: isBeyond, clip } as const;
      const answer = session.send("Page.captureScreenshot", options).then(
        ({ data }) => Buffer.from(data, "base64"),
        () => undefined,
      );
      // A capture that a new document overtakes is refused or, as often, never answered.
      return guarded(Promise.race([answer, network.nextCommit()]), signal);
    },
    url: () => page.url(),
    close: () => closeContext(context),
  };
}

async function closeContext(context: BrowserContext): Promise<boolean> {
  try {
    await race(context.close(), AbortSignal.timeout(tabCloseMs));
    return true;
  } catch {
    return false;
  }
}

async function explanation(signal: AbortSignal): Promise<void> {
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

/** Nothing a page opens beside itself is answered or kept. */
function keepQuiet(context: BrowserContext, page: Page): void {
  const ignore = (): undefined => undefined;
  context.on("page", (popup) => {
    if (popup !== page) popup.close().catch(ignore);
  });
  context.on("dialog", (dialog) => {
    dialog.dismiss().catch(ignore);
  });
  page.on("download", (download) => {
    download.cancel().catch(ignore);
  });
}

/** Never-ending by nature, or of no use to the picture. */
const uncounted = new Set(["eventsource", "websocket", "ping", "beacon", "media"]);

function watchNetwork(page: Page, clock: Clock) {
  const inFlight = new Set<Request>();
  let changedMs = clock.monotonicMs();
  let current: { readonly request: Request; document: MainDocument } | undefined;
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
    if (uncounted.has(request.resourceType())) return;
    inFlight.add(request);
    changedMs = clock.monotonicMs();
  });
  page.on("response", (response) => {
    if (current === undefined || response.request() !== current.request) return;
    const mediaType = response.headers()["content-type"]?.split(";")[0]?.trim().toLowerCase() ?? "";
    current.document = { ...current.document, status: response.status(), mediaType };
  });
  const end = (request: Request): void => {
    if (inFlight.delete(request)) changedMs = clock.monotonicMs();
  };
  page.on("requestfinished", end);
  page.on("requestfailed", (request) => {
    end(request);
    if (current === undefined || request !== current.request) return;
    current.document = { ...current.document, failure: request.failure()?.errorText ?? "net::ERR_FAILED" };
  });
  page.on("download", () => {
    isDownload = true;
  });
  const document = (): MainDocument | undefined => current?.document;
  return {
    document,
    /** Resolves when a new document takes the place of the present one. */
    nextCommit: () => commit.promise,
    isDownload: () => isDownload,
    isAnswered: () => isDownload || document()?.status !== undefined || document()?.failure !== undefined,
    traffic: () => {
      const fontsInFlight = [...inFlight].filter((request) => request.resourceType() === "font").length;
      return { inFlight: inFlight.size - fontsInFlight, fontsInFlight, quietMs: clock.monotonicMs() - changedMs };
    },
  };
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
