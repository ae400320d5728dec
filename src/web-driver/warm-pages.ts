import type { Clock } from "../core/clock.ts";
import { wait } from "../core/wait.ts";
import { endpointOf } from "./allow.ts";
import type { AllowList, Endpoint } from "./allow.ts";
import type { ShotRequest } from "./contract.ts";
import { openGate } from "./guard.ts";
import type { Gate } from "./guard.ts";
import { identifyAt } from "./identity.ts";
import type { Browser } from "./playwright.ts";
import type { Lease } from "./supervisor.ts";
import type { Tab } from "./tab.ts";

/*
 * Pages that are kept after a shot and navigated again: their scripts are compiled, their connections open, their process
 * warm. One page belongs to one portal with one identity, window and theme, and is never lent to another. Its time stands
 * still while it is idle. An address that a caller gave gets a page of its own that ends with the shot.
 */

/** A page for the time of one shot. Disposing it ends the page, unless `keep` was called. */
export interface PageLease extends AsyncDisposable {
  readonly tab: Tab;
  readonly gate: Gate;
  /** Says that the shot ended well: the page may serve the next one. */
  keep(): void;
}

interface WarmPagesOptions {
  readonly isAllowed: AllowList;
  /** Idle pages kept at the most; the one that was idle longest goes first. */
  readonly idleMax: number;
}

interface Kept {
  readonly key: string;
  readonly tab: Tab;
  readonly gate: Gate;
  readonly browser: Browser;
  readonly bornMs: number;
  /** Counts the times that all pages were let go. */
  readonly generation: number;
  uses: number;
  /** Ends what is to happen to it while it is idle. */
  idle: AbortController;
}

const usesMax = 50;
const ageMsMax = 15 * 60_000;
const heapBytesMax = 256 * 1024 * 1024;
/** Idle for so long, a page gives its garbage back: 80 of 160 MB after 20 shots of the test portal. */
const restAfterMs = 1000;

export class WarmPages implements AsyncDisposable {
  readonly #options: WarmPagesOptions;
  readonly #clock: Clock;
  /** Longest idle first. */
  #idle: Kept[] = [];
  #generation = 0;

  constructor(options: WarmPagesOptions, deps: { readonly clock: Clock }) {
    this.#options = options;
    this.#clock = deps.clock;
  }

  /** Idle pages. */
  get kept(): number {
    return this.#idle.length;
  }

  /** A kept page for the request, or a new one in the leased browser; rejects as the browser's `open` does. */
  async open(request: ShotRequest, url: URL, lease: Lease<Browser>, signal: AbortSignal): Promise<PageLease> {
    const key = keyOf(request, url);
    const page = (await this.#take(key, lease.process)) ?? (await this.#make(key, request, url, lease, signal));
    let isKept = false;
    return {
      tab: page.tab,
      gate: page.gate,
      keep: () => {
        isKept = request.reuse !== undefined;
      },
      [Symbol.asyncDispose]: async () => {
        if (isKept && (await this.#isFit(page))) await this.#give(page);
        else if (!(await end(page))) lease.retire();
      },
    };
  }

  /** Ends the idle pages, and those in use after their shot: whose they are may have changed. */
  letGo(): void {
    this.#generation++;
    for (const page of this.#idle.splice(0).map(leaveIdle)) void end(page);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#idle.splice(0).map(leaveIdle).map(end));
  }

  async #take(key: string, browser: Browser): Promise<Kept | undefined> {
    const isLeft = (page: Kept): boolean => page.key === key && page.browser !== browser;
    const stale = this.#idle.filter((page) => page.tab.lost.aborted || isLeft(page) || this.#isOld(page));
    this.#idle = this.#idle.filter((page) => !stale.includes(page));
    await Promise.all(stale.map(leaveIdle).map(end));
    const index = this.#idle.findLastIndex((page) => page.key === key);
    return index < 0 ? undefined : this.#idle.splice(index, 1).map(leaveIdle)[0];
  }

  async #make(key: string, request: ShotRequest, url: URL, lease: Lease<Browser>, signal: AbortSignal): Promise<Kept> {
    const isAllowed = permissions(request, endpointOf(url), this.#options.isAllowed);
    const gate = await openGate({ isAllowed, allowsPublic: true });
    try {
      const { options, ignoreCertificate, identity } = request;
      const browser = lease.process;
      const tab = await browser.open({ ...options, ignoreCertificate, proxyUrl: gate.proxyUrl }, signal);
      try {
        await identifyAt(url.origin, identity, tab, signal);
        const bornMs = this.#clock.monotonicMs();
        return { key, tab, gate, browser, bornMs, generation: this.#generation, uses: 0, idle: new AbortController() };
      } catch (error) {
        await tab.close();
        throw error;
      }
    } catch (error) {
      await gate[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #isFit(page: Kept): Promise<boolean> {
    page.uses += 1;
    const isLetGo = page.generation !== this.#generation;
    if (isLetGo || page.tab.lost.aborted || page.uses >= usesMax || this.#isOld(page)) return false;
    return (await page.tab.heapBytes()) < heapBytesMax;
  }

  #isOld(page: Kept): boolean {
    return this.#clock.monotonicMs() - page.bornMs > ageMsMax;
  }

  async #give(page: Kept): Promise<void> {
    page.idle = new AbortController();
    this.#idle.push(page);
    void this.#rest(page, page.idle.signal);
    if (this.#idle.length <= this.#options.idleMax) return;
    await Promise.all(this.#idle.splice(0, 1).map(leaveIdle).map(end));
  }

  /** What becomes of a page that nobody asks for: it gives memory back, and ends at its age. */
  async #rest(page: Kept, signal: AbortSignal): Promise<void> {
    try {
      await wait(restAfterMs, signal);
      await page.tab.rest();
      await wait(Math.max(0, page.bornMs + ageMsMax - this.#clock.monotonicMs()), signal);
    } catch {
      // It is wanted again, or ended.
      return;
    }
    this.#idle = this.#idle.filter((one) => one !== page);
    await end(page);
  }
}

function leaveIdle(page: Kept): Kept {
  page.idle.abort();
  return page;
}

/** False when the page did not end in time: its browser is then not to be trusted. */
async function end({ tab, gate }: Kept): Promise<boolean> {
  const hasEnded = await tab.close();
  await gate[Symbol.asyncDispose]();
  return hasEnded;
}

/** Everything that a page cannot change afterwards, and whose it is. */
function keyOf({ reuse, options, trustUrl, ignoreCertificate }: ShotRequest, url: URL): string {
  const { viewport, colorScheme, timezone, locale, ready } = options;
  const event = ready === "auto" ? undefined : ready.event;
  const whose = [reuse, url.origin, trustUrl, ignoreCertificate];
  return JSON.stringify([...whose, viewport, colorScheme, timezone, locale, event]);
}

function permissions(request: ShotRequest, own: Endpoint, isAllowed: AllowList): AllowList {
  if (!request.trustUrl) return isAllowed;
  return (target) => isAllowed(target) || (target.host === own.host && target.port === own.port);
}
