import type { Clock } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";
import type { Verdict } from "../core/picture.ts";
import type { ShotOptions } from "../core/portal.ts";
import { safeUrl } from "../core/log.ts";
import { isTimeout, reasonOf, wait, within } from "../core/wait.ts";
import { endpointOf } from "./allow.ts";
import type { AllowList, Endpoint } from "./allow.ts";
import type { Capture, Cut, ShotRequest, ShotTimings } from "./contract.ts";
import { blocked, checkDocument } from "./document-gate.ts";
import type { Fleet, Kind } from "./fleet.ts";
import { FramesStuck } from "./frame-clock.ts";
import type { FrameClock } from "./frame-clock.ts";
import { frame, windowFor } from "./framing.ts";
import type { Framing } from "./framing.ts";
import { hideElements, measure, scrollTo } from "./in-page.ts";
import type { Measures } from "./in-page.ts";
import type { Browser } from "./playwright.ts";
import type { Pool } from "./pool.ts";
import { settle } from "./readiness.ts";
import { settleInRealTime } from "./stillness.ts";
import type { Tab } from "./tab.ts";
import type { PageLease, WarmPages } from "./warm-pages.ts";

interface ShotDeps {
  readonly pool: Pool;
  readonly fleet: Fleet<Browser>;
  /** How often a page's frames did not come; see pageOf. */
  readonly stuck: Map<string, number>;
  readonly pages: WarmPages;
  readonly isAllowed: AllowList;
  readonly clock: Clock;
  readonly cut: Cut;
}

/** What a shot is doing, as the words of a time-out. */
type Phase = "browser" | "answer" | "settle" | "capture";

const phaseWords: Readonly<Record<Phase, string>> = {
  browser: "the browser was still opening the page",
  answer: "the server had not answered",
  settle: "the page was not ready",
  capture: "the page did not let itself be photographed",
};

/** The last part of a shot's time is kept for the capture, so that a page that is never ready still gives a picture. */
const captureReserveMs = 2000;
const captureReserveShare = 0.25;

/** One shot from queue to pixels; see contract.ts for what a caller may rely on. */
export async function takeShot(request: ShotRequest, deps: ShotDeps, signal: AbortSignal): Promise<Capture> {
  const url = parseUrl(request.url);
  const target = endpointOf(url);
  if (!request.trustUrl && !deps.isAllowed(target)) throw blocked(target);
  const startMs = deps.clock.monotonicMs();
  const shot = new Shot(request, url, startMs, deps);
  const { timeoutMs } = request.options;
  try {
    using _place = await enter(deps.pool, within(timeoutMs, signal));
    // The page has all of its time, however long its turn was waited for.
    shot.begin();
    const deadline = within(timeoutMs, signal);
    const timesStuck = deps.stuck.get(pageOf(url)) ?? 0;
    const { scale } = request.options.viewport;
    const takePlain = (): Promise<Capture> => takeIn({ drawsFrames: false, scale }, shot, deps, deadline);
    if (timesStuck >= stuckMax) return await takePlain();
    return await takeIn({ drawsFrames: true, scale }, shot, deps, deadline).catch(async (error: unknown) => {
      if (!(error instanceof FramesStuck)) throw error;
      if (deps.stuck.size >= stuckPagesMax) deps.stuck.clear();
      deps.stuck.set(pageOf(url), timesStuck + 1);
      return await takePlain();
    });
  } catch (error) {
    throw explain(error, shot, request, signal);
  }
}

/** Once may be bad luck; a page that is stuck this often needs a browser that draws by itself. */
const stuckMax = 2;
const stuckPagesMax = 1000;

/** What is remembered of a page whose frames cannot be drawn by us. */
const pageOf = ({ origin, pathname, search }: URL): string => origin + pathname + search;

async function takeIn(kind: Kind, shot: Shot, deps: ShotDeps, deadline: AbortSignal): Promise<Capture> {
  try {
    return await takeOnce(kind, shot, deps, deadline);
  } catch (error) {
    // Another page may have brought the browser down; one that does it again is not tried a third time.
    if (!(error instanceof AppError) || error.code !== "browser_crashed") throw error;
    return await takeOnce(kind, shot, deps, deadline);
  }
}

async function takeOnce(kind: Kind, shot: Shot, deps: ShotDeps, deadline: AbortSignal): Promise<Capture> {
  using lease = await deps.fleet.of(kind).lease(deadline);
  shot.mark("queueMs");
  await using page = await deps.pages.open(shot.request, shot.url, lease, deadline);
  try {
    return await shot.take(page, deps.isAllowed, deadline);
  } catch (error) {
    // One frame that never ends holds up every page of its browser.
    if (error instanceof FramesStuck) lease.retire();
    throw error;
  }
}

/** Absolute http(s) without a user name, or `url_invalid`. */
function parseUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new AppError("url_invalid", `${safeUrl(text)} is not an absolute http:// or https:// URL.`);
  }
  if (url.username !== "" || url.password !== "") {
    throw new AppError("url_invalid", `${safeUrl(url)} carries a user name or password.`);
  }
  return url;
}

async function enter(pool: Pool, deadline: AbortSignal): Promise<Disposable> {
  try {
    return await pool.enter(deadline);
  } catch (error) {
    if (!isTimeout(error)) throw error;
    throw new AppError("overloaded", "The shot's time ran out while it waited for its turn.", { retryAfterMs: 5000 });
  }
}

function explain(error: unknown, shot: Shot, request: ShotRequest, signal: AbortSignal): unknown {
  if (error instanceof AppError) return error;
  if (signal.aborted) {
    const reason = reasonOf(signal);
    return reason instanceof AppError ? reason : new AppError("cancelled", "The shot was cancelled by its caller.");
  }
  if (!isTimeout(error)) return error;
  const seconds = request.options.timeoutMs / 1000;
  return new AppError(
    "page_timeout",
    `${safeUrl(request.url)} gave no picture within ${seconds} s: ${phaseWords[shot.phase]}.`,
    { details: { phase: shot.phase, timeoutMs: request.options.timeoutMs } },
  );
}

class Shot {
  readonly request: ShotRequest;
  readonly url: URL;
  readonly #clock: Clock;
  readonly #cut: Cut;
  #begunMs: number;
  readonly #timings: { -readonly [Name in keyof ShotTimings]: number } = {
    queueMs: 0,
    navigateMs: 0,
    dataMs: 0,
    settleMs: 0,
    captureMs: 0,
  };
  #markedMs: number;
  #framing: Framing | undefined;
  phase: Phase = "browser";

  constructor(request: ShotRequest, url: URL, startMs: number, { clock, cut }: Pick<ShotDeps, "clock" | "cut">) {
    this.request = request;
    this.url = url;
    this.#clock = clock;
    this.#cut = cut;
    this.#begunMs = startMs;
    this.#markedMs = startMs;
  }

  /** It has its turn: the page's time begins. */
  begin(): void {
    this.#begunMs = this.#clock.monotonicMs();
  }

  /** Books the time since the last mark. */
  mark(part: keyof ShotTimings): void {
    const nowMs = this.#clock.monotonicMs();
    this.#timings[part] += Math.round(nowMs - this.#markedMs);
    this.#markedMs = nowMs;
  }

  async take(page: PageLease, isAllowed: AllowList, signal: AbortSignal): Promise<Capture> {
    const { tab, gate } = page;
    const { trustUrl } = this.request;
    // A caller's URL may not be led on to a page that the operator did not name, public or not.
    const mayShow = (target: Endpoint): boolean => trustUrl || isAllowed(target);
    const check = (): void => checkDocument({ document: tab.document(), isDownload: tab.isDownload(), gate, mayShow });
    this.phase = "answer";
    await tab.frames?.hold(signal);
    await tab.navigate(this.url.href, signal);
    check();
    this.mark("navigateMs");
    this.phase = "settle";
    const settled = await this.#settle(tab, check, signal);
    this.#markSettled(tab.traffic().dataMs);
    this.phase = "capture";
    const png = settled.png ?? (await this.#capture(tab, signal));
    const verdict = this.#isCutOff(tab) ? withCutOff(settled.verdict) : settled.verdict;
    check();
    this.mark("captureMs");
    page.keep();
    const { width = 0, height = 0 } = this.#framing ?? {};
    return { png, width, height, verdict, finalUrl: safeUrl(tab.url()), timings: this.#timings };
  }

  /** Parts the time since the last mark into what the data took and what came after it. */
  #markSettled(dataMs: number): void {
    const untilDataMs = Math.round(Math.max(0, dataMs - this.#markedMs));
    this.#timings.dataMs = untilDataMs;
    this.mark("settleMs");
    this.#timings.settleMs -= untilDataMs;
  }

  #settleMs(): number {
    const { timeoutMs } = this.request.options;
    const reserveMs = Math.min(captureReserveMs, timeoutMs * captureReserveShare);
    return this.#begunMs + timeoutMs - reserveMs - this.#clock.monotonicMs();
  }

  async #settle(
    tab: Tab,
    check: () => void,
    signal: AbortSignal,
  ): Promise<{ verdict: Verdict; png?: Buffer | undefined }> {
    const { options } = this.request;
    const deps = { tab, clock: this.#clock, check };
    if (tab.frames !== undefined) return await settle(options, this.#settleMs(), tab.frames, deps, signal);
    const capture = async (limit: AbortSignal): Promise<Buffer> => await this.#capture(tab, limit);
    return await settleInRealTime(options, this.#settleMs(), { ...deps, capture }, signal);
  }

  /** Whether the window could not be made large enough for what is wanted. */
  #isCutOff(tab: Tab): boolean {
    return tab.frames !== undefined && this.#framing?.reach === "beyond";
  }

  async #capture(tab: Tab, signal: AbortSignal): Promise<Buffer> {
    const { options } = this.request;
    for (let grown = 0; ;) {
      await hide(options.hide, tab, signal);
      const measures = await measured(tab, options.crop.selector, signal);
      const framing = frame(options, measures);
      this.#framing = framing;
      if (tab.frames !== undefined && framing.reach === "beyond" && grown < growsMax) {
        grown += 1;
        await grow(tab, tab.frames, options, measures, signal);
        continue;
      }
      const png = await tab.capture(framing.area, framing.reach, signal);
      if (png !== undefined) return isWhole(tab, framing) ? png : await this.#cut(png, framing.inWindow);
      await wait(20, signal);
    }
  }
}

/** A page that grows with its window is given up after so many times. */
const growsMax = 2;
/** Page time to lay itself out anew. */
const growMs = 250;

/** Makes the window as large as what is wanted, where the page has grown since it settled. */
async function grow(
  tab: Tab,
  frames: FrameClock,
  options: ShotOptions,
  measures: Measures,
  signal: AbortSignal,
): Promise<void> {
  const { width, height } = windowFor(options, measures);
  const { selector } = options.crop;
  await tab.resize(width, height, signal);
  if (selector !== undefined) await tab.evaluate(scrollTo(selector), signal);
  for (let step = 0; step < 2; step += 1) await frames.step(growMs, () => true, signal);
}

function withCutOff(verdict: Verdict): Verdict {
  const unready = verdict.kind === "partial" ? verdict.unready : [];
  return { kind: "partial", unready: [...unready, "the page grew with its window, and its end is cut off"] };
}

/** Whether a capture shows what is wanted and nothing else. */
function isWhole(tab: Tab, { reach }: Framing): boolean {
  return tab.frames === undefined || reach === "window";
}

async function hide(selectors: readonly string[], tab: Tab, signal: AbortSignal): Promise<void> {
  if (selectors.length === 0) return;
  const outcome = await tab.evaluate(hideElements(selectors), signal);
  if (outcome.kind === "exception") throw new AppError("request_invalid", `hide: ${outcome.message}`);
}

/** The page's measures; asks again while it is on its way to another document. */
async function measured(tab: Tab, selector: string | undefined, signal: AbortSignal): Promise<Measures> {
  for (;;) {
    const outcome = await tab.evaluate(measure(selector), signal);
    if (outcome.kind === "value" && outcome.value !== null) return outcome.value as Measures;
    await wait(20, signal);
  }
}
