import type { Clock } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import type { Verdict } from "../core/picture.ts";
import type { ShotOptions } from "../core/portal.ts";
import { wait, within } from "../core/wait.ts";
import type { FrameClock } from "./frame-clock.ts";
import { windowFor } from "./framing.ts";
import { endEndlessAnimations, measure, scrollTo } from "./in-page.ts";
import type { Measures } from "./in-page.ts";
import { createLooker, unreadyOf } from "./look.ts";
import type { Look } from "./look.ts";
import type { Tab } from "./tab.ts";

/*
 * When a page has finished drawing. The page's time passes in steps, as fast as the processor allows, and stands still while
 * its requests are on their way; after each step one frame is drawn, and the compositor says whether pixels changed. A page
 * is ready when nothing has changed for a while of its own time, nothing is on its way and nothing it shows says "wait".
 * What its clock cannot speed up (workers, streams, requests that hang) is given real time, within bounds. docs/readiness.md
 * tells the numbers.
 */

export interface Settled {
  readonly verdict: Verdict;
}

export interface SettleDeps {
  readonly tab: Tab;
  readonly clock: Clock;
  /** Throws when the page has become one that is not to be photographed. */
  readonly check: () => void;
}

type SettleOptions = Pick<ShotOptions, "ready" | "crop" | "fullPage" | "viewport">;

/** One step of page time while pixels change. */
const stepMs = 250;
/** The same once two frames changed: a second of animation is over in three or four of them, at 10 to 15 ms each. */
const animationStepMs = 500;
const animationFrames = 2;
const stepMaxMs = 2000;
/** Steps of a page that moves on and on: those that count their own frames get as many as they need. */
const movingStepMs = 50;
/** Page time without a change, after which nothing is expected any more: timers of a page's start are shorter. */
const stillMs = 4000;
/** The same where the page itself says that it is drawn. */
const claimedStillMs = 200;
/** Frames that a page which asks for them gets to see although nothing changes: some count them before they draw. */
const awaitedFrames = 24;
/** Frames and page time after the last data, after which a page that still moves never stops. */
const movingFramesMax = 180;
const movingMs = 4000;
/** Frames that changed something since the last data, after which endless animations are taken for ornaments. */
const ornamentFrames = 24;
/** A page that moves is looked at after this many frames, again and again. */
const movingLooks = 12;
/** Page time after the last data, after which what is missing will not come any more. */
const hopelessMs = 30_000;
/** Real time that a request may be on its way before the rest of the page goes on without it; at most this share of all. */
const stalledMsMax = 3000;
const stalledShare = 0.2;
/** The same on a page that shows no chart yet. */
const stalledEmptyMs = 8000;
/** Real time since the last sign of life of a worker, WebSocket or event stream. */
const liveQuietMs = 1200;
/** Real time for web fonts; text is then drawn in the next font of its list, as a browser does after three seconds. */
const fontsMs = 1500;
const fontBlockMs = 3200;
/** Real time that something we know nothing of may hold the page's time. */
const unknownHoldMs = 300;
/** Steps that were held so, after which the next ones are not held at all. Once, it may have been a long script. */
const unknownHoldsMax = 2;
/** For the look that names what is missing when time has run out. */
const lastLookMs = 500;
/** In steps with the world outside: no faster than real time. */
const pacedStepMs = 100;

export async function settle(
  options: SettleOptions,
  settleMs: number,
  frames: FrameClock,
  deps: SettleDeps,
  signal: AbortSignal,
): Promise<Settled> {
  const settling = new Settling(options, frames, deps, settleMs);
  return await settling.run(signal);
}

class Settling {
  readonly #options: SettleOptions;
  readonly #frames: FrameClock;
  readonly #deps: SettleDeps;
  readonly #settleMs: number;
  readonly #startMs: number;
  readonly #stalledMs: number;
  /** Page time without a changed pixel. */
  #stillMs = 0;
  /** Page time since the last request that counts began or ended. */
  #sinceDataMs = 0;
  /** Frames that changed something since then. */
  #movedFrames = 0;
  #events = -1;
  /** Monotonic milliseconds of the last changed pixel. */
  #changedMs = 0;
  #isAtRest = false;
  /** Steps since the last data that something we know nothing of has held up. */
  #unknownHolds = 0;
  #look: Look | undefined;
  /** What is left of the fixed wait, real milliseconds. */
  #delayMs = 0;
  /** Page time at the last look. */
  #lookedMs = Number.NEGATIVE_INFINITY;

  constructor(options: SettleOptions, frames: FrameClock, deps: SettleDeps, settleMs: number) {
    this.#options = options;
    this.#frames = frames;
    this.#deps = deps;
    this.#settleMs = settleMs;
    this.#startMs = deps.clock.monotonicMs();
    this.#stalledMs = Math.min(stalledMsMax, settleMs * stalledShare);
  }

  async run(signal: AbortSignal): Promise<Settled> {
    const late = within(this.#settleMs, signal);
    const looker = createLooker(this.#deps.tab, this.#options.ready, this.#options.crop.selector);
    let isFramed = false;
    try {
      for (;;) {
        this.#deps.check();
        await this.#step(late);
        if (!this.#mayBeOver()) continue;
        await this.#lookAgain(looker, late);
        if ((await this.#broughtToRest(late)) || !this.#isOver() || (await this.#beats(late))) continue;
        // The last word on which part of the page counts; it may make the page draw more.
        if (!isFramed && (await this.#frame(late))) this.#startOver();
        else if (await this.#hasWaited(late)) return this.#settled([]);
        isFramed = true;
      }
    } catch (error) {
      if (error instanceof AppError || signal.aborted || !late.aborted) throw error;
      await this.#lookAgain(looker, within(lastLookMs, signal)).catch((failure: unknown) => {
        if (failure instanceof AppError || signal.aborted) throw failure;
      });
      return this.#settled(this.#lateReasons());
    }
  }

  async #step(late: AbortSignal): Promise<void> {
    const { clock, tab } = this.#deps;
    const isPaced = this.#isStalled() || this.#waitsForLive();
    const beganMs = clock.monotonicMs();
    const ms = isPaced ? pacedStepMs : this.#stepMs();
    const hasChanged = await this.#frames.step(ms, (heldMs) => this.#goesOn(heldMs), late);
    const tookMs = clock.monotonicMs() - beganMs;
    if (isPaced && tookMs < ms) await wait(ms - tookMs, late);
    const { events } = tab.traffic();
    if (events !== this.#events) {
      this.#events = events;
      this.#startOver();
      return;
    }
    this.#sinceDataMs += ms;
    if (hasChanged) {
      this.#changedMs = clock.monotonicMs();
      this.#stillMs = 0;
      this.#movedFrames += 1;
    } else {
      this.#stillMs += ms;
    }
  }

  #startOver(): void {
    this.#stillMs = 0;
    this.#sinceDataMs = 0;
    this.#movedFrames = 0;
    this.#unknownHolds = 0;
    this.#lookedMs = Number.NEGATIVE_INFINITY;
  }

  #stepMs(): number {
    if (this.#stillMs > 0) return Math.min(Math.max(stepMs, this.#stillMs), stepMaxMs);
    if (this.#movedFrames > movingFramesMax) return stepMaxMs;
    if (this.#movedFrames > 20) return movingStepMs;
    return this.#movedFrames >= animationFrames ? animationStepMs : stepMs;
  }

  /** Whether the page's time passes although requests are on their way: only such are left as nobody waits for. */
  #goesOn(heldMs: number): boolean {
    const { inFlight, excused, fonts } = this.#deps.tab.traffic();
    if (inFlight > 0) return this.#isStalled();
    if (fonts > 0) return this.#fontsAreLate();
    if (excused > 0 || this.#unknownHolds >= unknownHoldsMax) return true;
    // On a busy machine the news of a request comes later than its effect on the page's time.
    if (heldMs < unknownHoldMs) return false;
    this.#unknownHolds += 1;
    return true;
  }

  #isStalled(): boolean {
    const { inFlight, youngestMs } = this.#deps.tab.traffic();
    return inFlight > 0 && this.#deps.clock.monotonicMs() - youngestMs >= this.#stalledMs;
  }

  #fontsAreLate(): boolean {
    const { fonts, progressMs } = this.#deps.tab.traffic();
    return fonts > 0 && this.#deps.clock.monotonicMs() - progressMs >= fontsMs;
  }

  #waitsForLive(): boolean {
    return this.#stillMs >= stillMs / 2 && this.#isLive();
  }

  /** Whether a worker, WebSocket or event stream may still bring something. */
  #isLive(): boolean {
    const { liveSources, liveMs } = this.#deps.tab.traffic();
    if (liveSources === 0 || this.#look?.isClaimed === true) return false;
    return this.#deps.clock.monotonicMs() - Math.max(liveMs, this.#changedMs) < liveQuietMs;
  }

  get #isMoving(): boolean {
    const isEndless = this.#movedFrames >= movingFramesMax && this.#sinceDataMs >= movingMs;
    // What a timer draws anew every few seconds: few frames, and never still for long.
    const isRestless = this.#sinceDataMs >= hopelessMs && this.#movedFrames > 0 && this.#stillMs < stillMs;
    return isEndless || (isRestless && this.#look?.missing.length === 0);
  }

  /** Whether a look at the page is worth its time. */
  #mayBeOver(): boolean {
    const { inFlight, fonts } = this.#deps.tab.traffic();
    if ((inFlight > 0 && !this.#isStalled()) || (fonts > 0 && !this.#fontsAreLate())) return false;
    if (fonts > 0 && this.#sinceDataMs < fontBlockMs) return false;
    const isStill = this.#stillMs >= claimedStillMs;
    // A page that says when it is drawn may move on besides.
    if (this.#movedFrames > 0 && this.#movedFrames % movingLooks === 0) return true;
    const isNew = this.#sinceDataMs - this.#lookedMs >= stillMs / 2;
    return (isStill && (isNew || this.#stillMs >= stillMs)) || this.#isMoving || this.#sinceDataMs >= hopelessMs;
  }

  async #lookAgain(looker: ReturnType<typeof createLooker>, late: AbortSignal): Promise<void> {
    this.#lookedMs = this.#sinceDataMs;
    this.#look = await looker.look(late);
  }

  #isOver(): boolean {
    const look = this.#look;
    const { events, inFlight } = this.#deps.tab.traffic();
    // The look's answer came after the news of every request that began before it.
    const isNews = events !== this.#events || (inFlight > 0 && !this.#isStalled());
    if (look === undefined || isNews) return false;
    const enoughMs = look.isClaimed ? claimedStillMs : stillMs;
    const hasEnded = this.#stillMs >= enoughMs || this.#isMoving || (look.isClaimed && this.#movedFrames > 0);
    if (look.missing.length > 0 || this.#isLoading()) return this.#sinceDataMs >= hopelessMs && !this.#isWaiting();
    return hasEnded && !this.#isLive() && !this.#waitsForFirstChart(look);
  }

  /** The load event waits for requests and fonts that hang; they are told apart. */
  #isLoading(): boolean {
    const { inFlight, fonts } = this.#deps.tab.traffic();
    return this.#look?.isLoading === true && inFlight === 0 && fonts === 0;
  }

  /** A request that hangs beside charts is no loss; one that hangs in front of an empty page may be the data. */
  #waitsForFirstChart({ chartCount }: Look): boolean {
    const { inFlight, youngestMs } = this.#deps.tab.traffic();
    return inFlight > 0 && chartCount === 0 && this.#deps.clock.monotonicMs() - youngestMs < stalledEmptyMs;
  }

  #isWaiting(): boolean {
    return this.#deps.tab.traffic().inFlight > 0 || this.#isLive();
  }

  /** Ends ornaments that pulse for ever, once; what is left then may hold still. True when there were any. */
  async #broughtToRest(late: AbortSignal): Promise<boolean> {
    if (this.#movedFrames < ornamentFrames || this.#isAtRest) return false;
    // What turns while something is missing says that it is still coming.
    if (this.#look?.endless === undefined || this.#look.missing.length > 0) return false;
    this.#isAtRest = true;
    await this.#deps.tab.evaluate(endEndlessAnimations, late);
    this.#startOver();
    return true;
  }

  /** Whether something changed in frames that the page had asked for. */
  async #beats(late: AbortSignal): Promise<boolean> {
    if (this.#look?.awaitsFrame !== true || this.#look.isClaimed || this.#isMoving) return false;
    if (!(await this.#frames.beat(awaitedFrames, late))) return false;
    this.#stillMs = 0;
    this.#movedFrames += 1;
    return true;
  }

  /**
   * Brings the part to be cut out into the window, and makes the window as large as the picture: one frame then shows all of
   * it, at any height. True when that changed the page.
   */
  async #frame(late: AbortSignal): Promise<boolean> {
    const { tab } = this.#deps;
    const { crop, fullPage, viewport } = this.#options;
    const { selector } = crop;
    if (selector === undefined && !fullPage) return false;
    const outcome = await tab.evaluate(measure(selector), late);
    const measures = outcome.kind === "value" ? (outcome.value as Measures | null) : null;
    const { width, height } = measures === null ? viewport : windowFor(this.#options, measures);
    const isLarger = width > viewport.width || height > viewport.height;
    const grows = isLarger && width * height * viewport.scale ** 2 <= limits.picturePixelsMax;
    if (grows) await tab.resize(width, height, late);
    if (selector !== undefined) await tab.evaluate(scrollTo(selector), late);
    return grows || selector !== undefined;
  }

  /** The fixed wait that a portal asks for, in real time. */
  async #hasWaited(late: AbortSignal): Promise<true> {
    const { ready } = this.#options;
    this.#delayMs = ready === "auto" ? 0 : (ready.delayMs ?? 0);
    for (; this.#delayMs > 0; this.#delayMs -= pacedStepMs) {
      await wait(pacedStepMs, late);
      await this.#frames.step(pacedStepMs, () => true, late);
    }
    return true;
  }

  #settled(reasons: readonly string[]): Settled {
    const { inFlight, fonts } = this.#deps.tab.traffic();
    const unready = [...reasons, ...unreadyOf(this.#look)];
    if (this.#isLoading() && reasons.length === 0) unready.push("the page was still loading");
    if (inFlight > 0) unready.push(`${inFlight} ${inFlight === 1 ? "request was" : "requests were"} never answered`);
    if (fonts > 0) unready.push(`${fonts} ${fonts === 1 ? "web font was" : "web fonts were"} never answered`);
    if (this.#isMoving && this.#look?.isClaimed !== true) unready.push(this.#movement());
    return { verdict: unready.length === 0 ? { kind: "ready" } : { kind: "partial", unready } };
  }

  #movement(): string {
    const endless = this.#look?.endless;
    return endless === undefined
      ? "the page kept moving"
      : `the page kept moving (${endless} has an endless animation)`;
  }

  #lateReasons(): string[] {
    if (this.#delayMs > 0) return ["the fixed wait was cut short"];
    const { inFlight } = this.#deps.tab.traffic();
    const seconds = Math.round((this.#deps.clock.monotonicMs() - this.#startMs) / 100) / 10;
    const isKnown = this.#look !== undefined && this.#look.missing.length > 0;
    if (this.#movedFrames > 0 && this.#stillMs === 0) return ["the page was still moving"];
    return isKnown || inFlight > 0 ? [] : [`the page was not still after ${seconds} s`];
  }
}
