import { mkdir, rm, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { openDriver } from "../support/web-driver.ts";
import { cases } from "./cases.ts";
import type { Case } from "./cases.ts";
import { differing } from "./compare.ts";
import { judge, needsTruth, shootCase } from "./judge.ts";
import { lookAtAll, openOracle } from "./oracle.ts";
import type { Truth } from "./oracle.ts";
import { describeTimes, lineOf, tables, writeDocs } from "./report.ts";
import type { Result } from "./report.ts";
import { openZoo } from "./server.ts";
import type { Zoo } from "./server.ts";
import { knownTruths, rememberTruth } from "./truths.ts";

/*
 * The zoo: every page is photographed by the driver and compared with its own final frame.
 * `npm run test:zoo -- [--only REGEX] [--repeat N] [--json FILE] [--cached] [--write-docs]`
 * `--cached` takes the final frames of an earlier run, as long as the pages have not changed. `--oracle` takes no shot: it
 * looks at every page again and says which final frames differ from the first look.
 */

/** Oracle pages that wait side by side. */
const looksAtATime = 8;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: "string", default: "" },
      repeat: { type: "string", default: "1" },
      json: { type: "string" },
      cached: { type: "boolean", default: false },
      "write-docs": { type: "boolean", default: false },
      list: { type: "boolean", default: false },
      oracle: { type: "boolean", default: false },
    },
  });
  const chosen = cases.filter(({ name }) => new RegExp(values.only, "u").test(name));
  if (values.list) say(chosen.map(({ name }) => name).join("\n"));
  if (values.list || chosen.length === 0) return chosen.length === 0 ? 2 : 0;
  await using zoo = await openZoo();
  const truths = await truthsOf(zoo, chosen, values.cached);
  if (values.oracle) return await lookTwice(zoo, chosen, truths);
  const results = await shots(zoo, chosen, truths, Number(values.repeat));
  const table = tables(results);
  say(`\n${table}\n${describeTimes(results)}\n`);
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(results, undefined, 2)}\n`);
  if (values["write-docs"]) await writeDocs(`${table}\n${describeTimes(results)}\n`);
  for (const result of results.filter(({ isPassed }) => !isPassed)) say(`✗ ${lineOf(result)}`);
  const failed = results.filter(({ isPassed }) => !isPassed).length;
  say(`${results.length - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

async function truthsOf(zoo: Zoo, chosen: readonly Case[], isCached: boolean): Promise<ReadonlyMap<string, Truth>> {
  await using oracle = await openOracle(zoo);
  const truths = new Map(isCached ? knownTruths(oracle.version, chosen) : []);
  const unknown = chosen.filter((one) => needsTruth(one) && !truths.has(one.name));
  if (unknown.length > 0) say(`Looking at ${unknown.length} pages, ${looksAtATime} at a time …`);
  let done = 0;
  await lookAtAll(oracle, unknown, looksAtATime, (one, truth) => {
    truths.set(one.name, truth);
    rememberTruth(oracle.version, one, truth);
    done += 1;
    if (!truth.isStill) say(`The page "${one.name}" never stood still.`);
    if (done % 20 === 0) say(`${done} of ${unknown.length} pages looked at.`);
  });
  return truths;
}

/** Whether the oracle says the same twice. */
async function lookTwice(zoo: Zoo, chosen: readonly Case[], first: ReadonlyMap<string, Truth>): Promise<number> {
  const again = await truthsOf(zoo, chosen, false);
  let differences = 0;
  for (const [name, { png, ignored }] of again) {
    const { pixels } = await differing(first.get(name)?.png ?? png, png, ignored);
    if (pixels > 0) say(`The final frames of "${name}" differ by ${pixels} px.`);
    if (pixels > 0) differences += 1;
  }
  say(`${again.size - differences} of ${again.size} pages look the same twice.`);
  return differences === 0 ? 0 : 1;
}

async function shots(
  zoo: Zoo,
  chosen: readonly Case[],
  truths: ReadonlyMap<string, Truth>,
  rounds: number,
): Promise<readonly Result[]> {
  const pictures = new URL("../../test-results/zoo/", import.meta.url);
  await rm(pictures, { recursive: true, force: true });
  await mkdir(pictures, { recursive: true });
  const results: Result[] = [];
  await using driver = openDriver({
    executable: process.env["CHARTBELL_BROWSER"],
    concurrency: 1,
    allow: ["127.0.0.1:*"],
  });
  await driver.probe(new AbortController().signal);
  for (let round = 1; round <= rounds; round += 1) {
    for (const one of chosen) {
      const { name, library, behaviour } = one;
      // Their times are told: those of a page that is kept, and shows the same address again, as a portal's does.
      if (behaviour === "plain") await shootCase(driver, zoo, one, `before-${round}-${results.length}`);
      const shot = await shootCase(driver, zoo, one, `shot-${round}-${results.length}`);
      const judgement = await judge(one, shot, truths.get(name));
      const { shotMs, afterDataMs } = shot;
      const result = {
        name,
        library,
        behaviour,
        round,
        ...judgement,
        shotMs,
        afterDataMs,
        timings: shot.capture?.timings,
      };
      results.push(result);
      say(`${judgement.isPassed ? "✓" : "✗"} ${results.length}/${chosen.length * rounds} ${lineOf(result)}`);
    }
  }
  return results;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

process.exitCode = await main();
