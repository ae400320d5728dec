import { mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { AppError, messageOf } from "../../src/core/errors.ts";
import { ShotOptions } from "../../src/core/portal.ts";
import { isBlank } from "../../src/image/blank.ts";
import { anonymous } from "../../src/web-driver/contract.ts";
import type { Capture, WebDriver } from "../../src/web-driver/contract.ts";
import type { Case } from "./cases.ts";
import { differing } from "./compare.ts";
import { addressOf } from "./oracle.ts";
import type { Truth } from "./oracle.ts";
import type { Zoo } from "./server.ts";

/** One shot of one case, not yet judged. */
export interface Shot {
  readonly capture: Capture | undefined;
  readonly error: unknown;
  /** From the request to the pixels or the error. */
  readonly shotMs: number;
  /** From the last byte of data the page needed to the pixels; undefined when there was none. */
  readonly afterDataMs: number | undefined;
}

export interface Judgement {
  readonly isPassed: boolean;
  /** `ok`, or in a few words what is wrong. */
  readonly words: string;
  /** Pixels that differ from the truth. */
  readonly pixels: number | undefined;
}

const folder = new URL("../../test-results/zoo/", import.meta.url);

export async function shootCase(driver: WebDriver, zoo: Zoo, one: Case, id: string): Promise<Shot> {
  const url = addressOf(zoo, one, id);
  const options = ShotOptions.parse(one.options);
  const request = { reuse: "zoo", url, trustUrl: true, options, identity: anonymous, ignoreCertificate: false };
  const startMs = performance.now();
  const outcome = await driver.shoot(request, new AbortController().signal).then(
    (capture) => ({ capture, error: undefined }),
    (error: unknown) => ({ capture: undefined, error }),
  );
  const endMs = performance.now();
  const { lastDataMs } = zoo.journal.of(id);
  const afterDataMs = lastDataMs === undefined || outcome.capture === undefined ? undefined : endMs - lastDataMs;
  return { ...outcome, shotMs: endMs - startMs, afterDataMs };
}

/** Compares a shot with what its case expects; the pictures of a failure go to test-results/zoo. */
export async function judge(one: Case, shot: Shot, truth: Truth | undefined): Promise<Judgement> {
  const { expected } = one;
  const { capture, error } = shot;
  if (expected.kind === "error") {
    const code = error instanceof AppError ? error.code : undefined;
    if (code === expected.code) return passed(undefined);
    return failed(capture === undefined ? (code ?? messageOf(error)) : `no ${expected.code}`);
  }
  if (capture === undefined) return failed(error instanceof AppError ? error.code : messageOf(error));
  if (expected.kind === "blank") {
    const isSaid = capture.verdict.kind === "blank" || (await isBlank(capture.png));
    return isSaid ? passed(undefined) : failed("not blank");
  }
  if (truth === undefined) return failed("no truth");
  const { pixels, diff } = await differing(truth.png, capture.png, truth.ignored);
  const verdict = verdictProblem(one, capture);
  if (pixels === 0 && verdict === undefined) return passed(0);
  await keep(one, { actual: capture.png, expected: truth.png, diff: await diff?.() });
  const words = [pixels === 0 ? undefined : `wrong ${pixels} px`, verdict].filter((word) => word !== undefined);
  return failed(words.join(", "), pixels);
}

/** Whether a case needs the oracle. */
export function needsTruth({ expected }: Case): boolean {
  return expected.kind === "exact";
}

function verdictProblem({ expected }: Case, { verdict }: Capture): string | undefined {
  if (expected.kind !== "exact") return undefined;
  const said = verdict.kind === "partial" ? `partial (${verdict.unready.join("; ")})` : verdict.kind;
  if (verdict.kind === "ready") return expected.verdict === "partial" ? "ready" : undefined;
  if (verdict.kind === "blank" || expected.verdict === "ready") return said;
  return verdict.unready.some((what) => expected.unready.test(what)) ? undefined : said;
}

async function keep(one: Case, pictures: Readonly<Record<string, Buffer | undefined>>): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [kind, png] of Object.entries(pictures)) {
    const file = new URL(`${one.name.replaceAll(" ", "-")}.${kind}.png`, folder);
    if (png !== undefined) await writeFile(fileURLToPath(file), png);
  }
}

const passed = (pixels: number | undefined): Judgement => ({ isPassed: true, words: "ok", pixels });
const failed = (words: string, pixels?: number): Judgement => ({ isPassed: false, words, pixels });
