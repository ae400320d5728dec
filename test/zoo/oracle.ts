import { setTimeout as delay } from "node:timers/promises";
import { chromium } from "playwright";
import type { Browser, CDPSession, Page } from "playwright";
import { findBrowser } from "../../src/web-driver/executable.ts";
import type { Case } from "./cases.ts";
import { differing } from "./compare.ts";
import type { Rectangle } from "./compare.ts";
import type { Zoo } from "./server.ts";

/*
 * The truth a shot is compared with: the page's own frame, seconds of real time after its last data came. No code of the
 * driver is in here, and no trick: a page is opened, given the time it asks for, and looked at.
 */

export interface Truth {
  readonly png: Buffer;
  /** Boxes of what never stands still. */
  readonly ignored: readonly Rectangle[];
  /** Whether the page stood still at the end, outside these boxes. */
  readonly isStill: boolean;
}

export interface Oracle extends AsyncDisposable {
  readonly version: string;
  look(one: Case): Promise<Truth>;
}

/** Quiet since the last byte of data; longer than every animation of the pages. */
const quietMs = 5000;
const leastMs = 6000;
const mostMs = 25_000;
/** A page that waits for something that never comes has no load event. */
const loadMs = 10_000;
/** Between two looks that must be the same. */
const stillMs = 600;

export async function openOracle(zoo: Zoo): Promise<Oracle> {
  const { executable } = await findBrowser(process.env["CHARTBELL_BROWSER"]);
  const browser = await chromium.launch({
    executablePath: executable,
    chromiumSandbox: process.getuid?.() !== 0,
    // As the driver has it: text of the same width on every machine.
    args: ["--font-render-hinting=none", "--disable-partial-raster"],
  });
  let loads = 0;
  return {
    version: browser.version(),
    look(one) {
      loads += 1;
      return look(browser, zoo, one, `oracle-${loads}`);
    },
    [Symbol.asyncDispose]: () => browser.close(),
  };
}

/** Looks at all cases, several at a time; what is already known need not be looked at again. */
export async function lookAtAll(
  oracle: Oracle,
  all: readonly Case[],
  atATime: number,
  onTruth: (one: Case, truth: Truth) => void,
): Promise<void> {
  const queue = [...all];
  const work = async (): Promise<void> => {
    for (let one = queue.shift(); one !== undefined; one = queue.shift()) onTruth(one, await oracle.look(one));
  };
  await Promise.all(Array.from({ length: atATime }, work));
}

/** The address of one load of a case's page. */
export function addressOf(zoo: Zoo, one: Case, id: string): string {
  const url = new URL(one.path, zoo.url);
  url.searchParams.set("id", id);
  return url.href;
}

async function look(browser: Browser, zoo: Zoo, one: Case, id: string): Promise<Truth> {
  // As the driver opens its pages.
  const context = await browser.newContext({
    viewport: { width: one.options.viewport?.width ?? 900, height: one.options.viewport?.height ?? 600 },
    deviceScaleFactor: 1,
    timezoneId: "UTC",
    locale: "en-US",
    colorScheme: "light",
    reducedMotion: "reduce",
    serviceWorkers: "block",
  });
  try {
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    await page.goto(addressOf(zoo, one, id), { waitUntil: "commit" });
    // On a busy machine the page's scripts may take seconds to arrive, and it has asked for nothing yet.
    await Promise.race([page.waitForLoadState("load"), delay(loadMs)]);
    const startMs = performance.now();
    await quiet(zoo, id, startMs);
    if (one.options.fullPage === true) {
      await readThrough(page);
      await quiet(zoo, id, startMs);
    }
    return await watch(page, session, one, startMs);
  } finally {
    await context.close();
  }
}

async function quiet(zoo: Zoo, id: string, startMs: number): Promise<void> {
  for (;;) {
    const nowMs = performance.now();
    const { lastDataMs = startMs } = zoo.journal.of(id);
    if (nowMs - startMs >= leastMs && nowMs - lastDataMs >= quietMs) return;
    await delay(100);
  }
}

/** Scrolls to the end and back, as a reader does. */
async function readThrough(page: Page): Promise<void> {
  const height = await page.evaluate("document.documentElement.scrollHeight");
  for (let y = 0; y < Number(height); y += 300) {
    await page.evaluate(`scrollTo(0, ${y})`);
    await delay(200);
  }
  await page.evaluate("scrollTo(0, 0)");
}

/** Two looks that are the same; the last one when there are none. */
async function watch(page: Page, session: CDPSession, one: Case, startMs: number): Promise<Truth> {
  let png = await photograph(page, session, one);
  for (;;) {
    await delay(stillMs);
    const ignored = await boxesOf(page, one.ignore);
    const next = await photograph(page, session, one);
    const { pixels } = await differing(png, next, ignored);
    png = next;
    if (pixels === 0) return { png, ignored, isStill: true };
    if (performance.now() - startMs > mostMs) return { png, ignored, isStill: false };
  }
}

async function photograph(page: Page, session: CDPSession, one: Case): Promise<Buffer> {
  const isFull = one.options.fullPage === true;
  const size = isFull
    ? "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
    : "[innerWidth, innerHeight]";
  const [width = 0, height = 0]: number[] = await page.evaluate(size);
  const clip = { x: 0, y: 0, width, height, scale: 1 };
  // Not page.screenshot, which waits for fonts that never come.
  const { data } = await session.send("Page.captureScreenshot", { clip, captureBeyondViewport: isFull });
  return Buffer.from(data, "base64");
}

async function boxesOf(page: Page, selectors: readonly string[]): Promise<readonly Rectangle[]> {
  if (selectors.length === 0) return [];
  return await page.evaluate(`[...document.querySelectorAll(${JSON.stringify(selectors.join(","))})].map((one) => {
    const { x, y, width, height } = one.getBoundingClientRect();
    return { x: x + scrollX - 4, y: y + scrollY - 4, width: width + 8, height: height + 8 };
  })`);
}
