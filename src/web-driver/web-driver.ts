import type { Clock } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import type { Logger } from "../core/log.ts";
import type { Metrics } from "../core/metrics.ts";
import { createAllowList } from "./allow.ts";
import type { AllowList } from "./allow.ts";
import type { Cut, WebDriver } from "./contract.ts";
import { findBrowser } from "./executable.ts";
import type { FoundBrowser } from "./executable.ts";
import { Fleet } from "./fleet.ts";
import type { Kind } from "./fleet.ts";
import { openGate } from "./guard.ts";
import type { Gate } from "./guard.ts";
import { launchBrowser, SandboxMissing } from "./playwright.ts";
import type { Browser } from "./playwright.ts";
import { Pool } from "./pool.ts";
import { takeShot } from "./shot.ts";
import { Supervisor } from "./supervisor.ts";
import { WarmPages } from "./warm-pages.ts";

export interface WebDriverOptions {
  /** Path of a Chromium; left out, one is looked for. */
  readonly executable?: string | undefined;
  /** Shots at a time. */
  readonly concurrency: number;
  /** Entries of AllowEntry's form. */
  readonly allow: readonly string[];
  /** Chromium's sandbox; auto: on, but off for root and where the system offers none. */
  readonly sandbox: "auto" | "on" | "off";
  /** Shots after which a browser is replaced; default `limits.shotsPerBrowserMax`. */
  readonly shotsPerBrowserMax?: number;
}

interface WebDriverDeps {
  readonly log: Logger;
  readonly metrics: Pick<Metrics, "browsersStarted" | "browsersCrashed">;
  readonly clock: Clock;
  readonly cut: Cut;
}

interface Started extends Browser {
  readonly executable: string;
  readonly sandbox: boolean;
}

/** Idle pages are some 30 MB each. */
const idlePagesPerShot = 4;

/** A driver without a browser: the first shot or probe starts it. Disposing it ends browser and shots. */
export function createWebDriver(options: WebDriverOptions, { log, metrics, clock, cut }: WebDriverDeps): WebDriver {
  let allowed = createAllowList(options.allow);
  const isAllowed: AllowList = (target) => allowed(target);
  const pool = new Pool({ concurrency: options.concurrency, queueMax: limits.shotQueueMax }, { clock });
  const fleet = new Fleet<Started>((kind) => {
    const launch = createLauncher(options, kind, { log, metrics, clock });
    const shotsMax = options.shotsPerBrowserMax ?? limits.shotsPerBrowserMax;
    const crashed = (): void => metrics.browsersCrashed.inc();
    return new Supervisor<Started>({ launch, shotsMax, closeMs: limits.browserCloseMs }, { log, crashed });
  });
  const stuck = new Map<string, number>();
  const pages = new WarmPages({ isAllowed, idleMax: options.concurrency * idlePagesPerShot }, { clock });
  return {
    shoot: (request, signal) => takeShot(request, { pool, fleet, stuck, pages, isAllowed, clock, cut }, signal),
    async probe(signal) {
      using lease = await fleet.of({ drawsFrames: true, scale: 1 }).lease(signal);
      const { executable, version, sandbox } = lease.process;
      return { executable, version, sandbox };
    },
    renew(allow) {
      allowed = createAllowList(allow);
      pages.letGo();
    },
    load: () => ({
      shotsUnderway: pool.busy,
      shotsWaiting: pool.waiting,
      pagesKept: pages.kept,
      browsersRunning: fleet.running,
    }),
    async [Symbol.asyncDispose]() {
      await pages[Symbol.asyncDispose]();
      await fleet[Symbol.asyncDispose]();
    },
  };
}

function createLauncher(
  options: WebDriverOptions,
  { drawsFrames, scale }: Kind,
  { log, metrics, clock }: Omit<WebDriverDeps, "cut">,
): () => Promise<Started> {
  let lacksSandbox = false;
  const start = async ({ executable, isHeadlessShell }: FoundBrowser, sandbox: boolean): Promise<Started> => {
    // Chromium has requests of its own that belong to no page; they end here.
    const deadEnd = await openGate({ isAllowed: () => false, allowsPublic: false });
    try {
      const browser = await launchBrowser(
        { executable, sandbox, drawsFrames: isHeadlessShell && drawsFrames, scale, proxyUrl: deadEnd.proxyUrl },
        { clock },
      );
      closeWith(browser, deadEnd);
      return { ...browser, executable, sandbox };
    } catch (error) {
      await deadEnd[Symbol.asyncDispose]();
      throw error;
    }
  };
  return async () => {
    const found = await findBrowser(options.executable);
    const { executable } = found;
    const startMs = clock.monotonicMs();
    const wantsSandbox = options.sandbox === "on" || (options.sandbox === "auto" && !isRoot() && !lacksSandbox);
    const browser = await start(found, wantsSandbox).catch(async (error: unknown) => {
      if (!(error instanceof SandboxMissing)) throw error;
      if (options.sandbox === "on") {
        throw new AppError("browser_unstartable", "The browser found no usable sandbox, and browser.sandbox is on.");
      }
      lacksSandbox = true;
      log.warn("The browser found no usable sandbox and runs without one.");
      return start(found, false);
    });
    const launchMs = Math.round(clock.monotonicMs() - startMs);
    const { version, sandbox } = browser;
    metrics.browsersStarted.inc();
    log.info({ executable, version, sandbox, scale, launchMs }, "The browser is running.");
    return browser;
  };
}

function closeWith(browser: Browser, gate: Gate): void {
  const close = (): void => {
    gate[Symbol.asyncDispose]().then(undefined, () => undefined);
  };
  browser.gone.addEventListener("abort", close, { once: true });
}

/** Chromium refuses to sandbox itself for root. */
function isRoot(): boolean {
  return process.getuid?.() === 0;
}
