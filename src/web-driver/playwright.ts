import { readFile } from "node:fs/promises";
import type { Browser as PlaywrightBrowser, BrowserContext, CDPSession, Page } from "playwright";
import type { Clock } from "../core/clock.ts";
import { AppError, messageOf } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import { createLane } from "../core/lane.ts";
import type { Lane } from "../core/lane.ts";
import { race, reasonOf } from "../core/wait.ts";
import { createFrameClock } from "./frame-clock.ts";
import type { Wire } from "./frame-clock.ts";
import { takeNotes } from "./in-page.ts";
import { frameFlags, launchFlags } from "./launch-flags.ts";
import { closeContext, createTab, explanation } from "./playwright-tab.ts";
import type { Process } from "./supervisor.ts";
import type { Tab, TabOptions } from "./tab.ts";

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
  /** Whether pages' frames are drawn by us, which only the headless shell can. */
  readonly drawsFrames: boolean;
  /** Device pixels per CSS pixel of all its pages. */
  readonly scale: number;
  /** Where requests go that belong to no page: Chromium's own. */
  readonly proxyUrl: string;
}

/** Thrown for want of a sandbox, so that the caller may decide to go without. */
export class SandboxMissing extends Error {
  override readonly name = "SandboxMissing";
}

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
      args: [
        ...launchFlags,
        ...(options.drawsFrames ? frameFlags : []),
        `--force-device-scale-factor=${options.scale}`,
      ],
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
  const killing = processId === undefined ? [] : await killTargets(processId);
  const frames = options.drawsFrames ? await openFrameControl(browser) : undefined;
  return manage({ browser, killing, frames, clock: deps.clock });
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

/** What a browser needs whose pages' frames are drawn by us. */
interface FrameControl {
  readonly session: CDPSession;
  /** Frames, one at a time in a browser. */
  readonly frameLane: Lane;
  /** Pages are made one at a time: side by side, their contexts could not be told apart. */
  readonly pageLane: Lane;
}

async function openFrameControl(browser: PlaywrightBrowser): Promise<FrameControl> {
  return { session: await browser.newBrowserCDPSession(), frameLane: createLane(), pageLane: createLane() };
}

interface Managed {
  readonly browser: PlaywrightBrowser;
  readonly killing: readonly number[];
  readonly frames: FrameControl | undefined;
  readonly clock: Clock;
}

function manage(managed: Managed): Browser {
  const { browser, killing } = managed;
  const gone = new AbortController();
  browser.on("disconnected", () => {
    gone.abort(new AppError("browser_crashed", "The browser ended while the page was being photographed."));
  });
  return {
    version: browser.version(),
    gone: gone.signal,
    open: (options, signal) => openTab(managed, options, gone.signal, signal),
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

async function openTab(managed: Managed, options: TabOptions, gone: AbortSignal, signal: AbortSignal): Promise<Tab> {
  const { browser, frames: control, clock } = managed;
  const either = AbortSignal.any([signal, gone]);
  let context: BrowserContext | undefined;
  try {
    const opening = control === undefined ? openPlain(browser, options) : openDrawn(browser, options, control);
    const opened = await race(opening, either, (late) => late.context.close());
    ({ context } = opened);
    const event = options.ready === "auto" ? undefined : options.ready.event;
    await race(opened.page.addInitScript({ content: takeNotes(event) }), either);
    const session = await race(context.newCDPSession(opened.page), either);
    const frames = control === undefined ? undefined : createFrameClock(wireOf(session), control.frameLane, clock);
    return createTab({ ...opened, session, gone, clock, frames });
  } catch {
    if (context !== undefined) await closeContext(context);
    if (either.aborted) throw reasonOf(either);
    await explanation(gone);
    throw gone.aborted ? reasonOf(gone) : new AppError("browser_crashed", "The browser could not open a page.");
  }
}

interface Opened {
  readonly context: BrowserContext;
  readonly page: Page;
}

async function openPlain(browser: PlaywrightBrowser, options: TabOptions): Promise<Opened> {
  const context = await browser.newContext(contextOptions(options));
  return { context, page: await context.newPage() };
}

/** A page whose frames wait for us has to be made over CDP, in the context that Playwright has just made. */
async function openDrawn(browser: PlaywrightBrowser, options: TabOptions, control: FrameControl): Promise<Opened> {
  return await control.pageLane.run(async () => {
    const contexts = async (): Promise<readonly string[]> =>
      (await control.session.send("Target.getBrowserContexts")).browserContextIds;
    const before = new Set(await contexts());
    const context = await browser.newContext(contextOptions(options));
    try {
      const browserContextId = (await contexts()).find((id) => !before.has(id));
      if (browserContextId === undefined) throw new Error("The browser names no new context.");
      const opened = context.waitForEvent("page");
      const { width, height } = options.viewport;
      const target = { url: "about:blank", browserContextId, width, height, enableBeginFrameControl: true };
      await control.session.send("Target.createTarget", target);
      return { context, page: await opened };
    } catch (error) {
      await closeContext(context);
      throw error;
    }
  });
}

/** The two domains that the frame clock speaks to, without Playwright's types. */
function wireOf(session: CDPSession): Wire {
  const send = session.send.bind(session) as (method: string, params?: object) => Promise<Record<string, unknown>>;
  const on = session.on.bind(session) as unknown as Wire["on"];
  return { send, on };
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
