import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { setTimeout as delay } from "node:timers/promises";
import { chromium } from "playwright";
import { ShotOptions } from "../src/core/portal.ts";
import { anonymous } from "../src/web-driver/contract.ts";
import { openDriver } from "../test/support/web-driver.ts";

/*
 * The tools that are compared. Each gets the same browser binary, the same window, the same time zone and text rendering,
 * and keeps its browser open between shots where its API lets it. The peers' packages are bench's own: they are imported by
 * name at run time, so that a checkout without them still type-checks.
 */

export interface OpenTool extends AsyncDisposable {
  /** The PNG of a page's window; rejects when the tool gives none. */
  shoot(url: string): Promise<Buffer>;
}

export interface Tool {
  readonly name: string;
  /** Whether it is Chartbell itself. */
  readonly isOwn: boolean;
  /** Whether it has seen a page before, as a service that photographs the same portals again and again. */
  readonly isWarm?: true;
  /** Whether shots side by side are measured. */
  readonly isParallel: boolean;
  open(executable: string): Promise<OpenTool>;
}

const viewport = { width: 900, height: 600 };
const timeoutMs = 12_000;
const sleepMs = 1500;
/** Enough for the slowest of these pages; who sleeps for a page that is not known cannot know it. */
const longSleepMs = 4000;
const isRoot = process.getuid?.() === 0;
/** As Chartbell and the oracle have it: text of the same width, lines with the same edges. */
const drawing = ["--font-render-hinting=none", "--disable-partial-raster"];
const puppeteerArgs = [...drawing, ...(isRoot ? ["--no-sandbox"] : [])];
/** The most shots side by side that are measured. */
export const concurrencyMax = 4;

export const tools: readonly Tool[] = [
  {
    name: "Chartbell, warm page",
    isOwn: true,
    isWarm: true,
    isParallel: true,
    open: (executable) => chartbell(executable, "bench"),
  },
  {
    name: "Chartbell, new page",
    isOwn: true,
    isParallel: true,
    open: (executable) => chartbell(executable, undefined),
  },
  { name: "Playwright, networkidle", isOwn: false, isParallel: true, open: playwright },
  ...[sleepMs, longSleepMs].map((ms) => ({
    name: `puppeteer, networkidle2 + ${ms / 1000} s`,
    isOwn: false,
    isParallel: true,
    open: async (executable: string) => await puppeteer(executable, ms),
  })),
  {
    name: "capture-website, defaults",
    isOwn: false,
    isParallel: false,
    open: (executable) => captureWebsite(executable, {}),
  },
  {
    name: "capture-website, delay 1.5 s",
    isOwn: false,
    isParallel: false,
    open: (executable) => captureWebsite(executable, { delay: sleepMs / 1000 }),
  },
];

async function chartbell(executable: string, reuse: string | undefined): Promise<OpenTool> {
  const driver = openDriver({ executable, concurrency: concurrencyMax, allow: ["127.0.0.1:*"] });
  const signal = new AbortController().signal;
  await driver.probe(signal);
  const options = ShotOptions.parse({ viewport, timeoutMs });
  return {
    async shoot(url) {
      const request = { reuse, url, trustUrl: true, options, identity: anonymous, ignoreCertificate: false };
      return (await driver.shoot(request, signal)).png;
    },
    [Symbol.asyncDispose]: () => driver[Symbol.asyncDispose](),
  };
}

async function playwright(executable: string): Promise<OpenTool> {
  const browser = await chromium.launch({ executablePath: executable, chromiumSandbox: !isRoot, args: drawing });
  return {
    async shoot(url) {
      const context = await browser.newContext({ viewport, timezoneId: "UTC", reducedMotion: "reduce" });
      try {
        const page = await context.newPage();
        await page.goto(url, { waitUntil: "networkidle", timeout: timeoutMs });
        return await page.screenshot({ timeout: timeoutMs });
      } finally {
        await context.close();
      }
    },
    [Symbol.asyncDispose]: () => browser.close(),
  };
}

/** What is used of puppeteer-core. */
interface PuppeteerPage {
  setViewport(size: typeof viewport): Promise<void>;
  emulateTimezone(name: string): Promise<void>;
  emulateMediaFeatures(features: readonly { readonly name: string; readonly value: string }[]): Promise<void>;
  goto(url: string, options: object): Promise<unknown>;
  screenshot(): Promise<Uint8Array>;
}

interface PuppeteerContext {
  newPage(): Promise<PuppeteerPage>;
  close(): Promise<void>;
}

interface Puppeteer {
  launch(options: object): Promise<{ createBrowserContext(): Promise<PuppeteerContext>; close(): Promise<void> }>;
}

async function puppeteer(executable: string, afterMs: number): Promise<OpenTool> {
  const { default: library } = await load<{ default: Puppeteer }>("puppeteer-core");
  const browser = await library.launch({ executablePath: executable, headless: "shell", args: puppeteerArgs });
  return {
    async shoot(url) {
      const context = await browser.createBrowserContext();
      try {
        const page = await context.newPage();
        await page.setViewport(viewport);
        await page.emulateTimezone("UTC");
        await page.emulateMediaFeatures([{ name: "prefers-reduced-motion", value: "reduce" }]);
        await page.goto(url, { waitUntil: "networkidle2", timeout: timeoutMs });
        await delay(afterMs);
        return Buffer.from(await page.screenshot());
      } finally {
        await context.close();
      }
    },
    [Symbol.asyncDispose]: () => browser.close(),
  };
}

interface CaptureWebsite {
  buffer(url: string, options: object): Promise<Uint8Array>;
}

/** One browser per shot: its API has no other way. */
async function captureWebsite(executable: string, more: { readonly delay?: number }): Promise<OpenTool> {
  const { default: library } = await load<{ default: CaptureWebsite }>("capture-website");
  const env = { ...process.env, TZ: "UTC" };
  const launchOptions = { executablePath: executable, headless: "shell", args: puppeteerArgs, env };
  // Its list of advertisers would be fetched from the internet for each shot.
  const options = { ...viewport, scaleFactor: 1, blockAds: false, timeout: timeoutMs / 1000, launchOptions, ...more };
  return {
    shoot: async (url) => Buffer.from(await library.buffer(url, options)),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

async function load<Module>(name: string): Promise<Module> {
  const path = fileURLToPath(import.meta.resolve(name));
  const module: Module = await import(pathToFileURL(path).href);
  return module;
}

/** The peers' versions, as installed. */
export function peerVersions(): Readonly<Record<string, string>> {
  const versionOf = (name: string): string => {
    const path = fileURLToPath(new URL(`node_modules/${name}/package.json`, import.meta.url));
    const { version }: { version: string } = createRequire(import.meta.url)(path);
    return version;
  };
  const { version: own }: { version: string } = createRequire(import.meta.url)("playwright/package.json");
  return {
    Playwright: own,
    "puppeteer-core": versionOf("puppeteer-core"),
    "capture-website": versionOf("capture-website"),
  };
}
