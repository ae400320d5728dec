import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { findBrowser } from "../src/web-driver/executable.ts";
import { measureAll } from "./measure.ts";
import { chosenCases, openSite, subjectsOf } from "./pages.ts";
import { loadNow } from "./figures.ts";
import { describeMachine, describeRight, tableOf, writeDocs } from "./report.ts";
import { tools } from "./tools.ts";

/*
 * Chartbell beside other ways to photograph the same pages, with the same browser, on this machine:
 * `npm run bench -- [--quick] [--only REGEX] [--write-docs]`
 * `--quick` takes the pages of one library, `--only` the tools whose names match. Progress goes to standard error, the table
 * to standard output; `--write-docs` puts it into docs/performance.md. docs/performance.md says what the columns mean.
 */

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      only: { type: "string", default: "" },
      "write-docs": { type: "boolean", default: false },
    },
  });
  const chosenTools = tools.filter(({ name }) => new RegExp(values.only, "iu").test(name));
  if (chosenTools.length === 0) {
    say(`There is no such tool; there are: ${tools.map(({ name }) => name).join("; ")}.`);
    return 2;
  }
  if (values["write-docs"] && (values.quick || values.only !== "")) {
    say("--write-docs goes with a full run only.");
    return 2;
  }
  if (!installPeers()) return 8;
  const loadBefore = loadNow();
  const { executable } = await findBrowser(process.env["CHARTBELL_BROWSER"]);
  await using site = await openSite();
  const chosen = chosenCases(site.portal, values.quick);
  say(`Looking at the final frames of ${chosen.length} pages …`);
  const { subjects, version } = await subjectsOf(site, chosen);
  for (const { one, truth } of subjects) if (!truth.isStill) say(`The page "${one.name}" never stood still.`);
  const rateMs = values.quick ? 2000 : 8000;
  const bench = { zoo: site.zoo, subjects, executable, rateMs, say };
  const measured = await measureAll(chosenTools, bench);
  const table = tableOf(measured);
  const machine = describeMachine(version, loadBefore);
  console.log(`${table}\n\n${machine}`);
  for (const { tool, shots } of measured) {
    const wrong = shots.filter(({ outcome }) => outcome !== "right").map(({ name, words }) => `${name} (${words})`);
    if (wrong.length > 0) say(`${tool.name}: ${describeRight(shots)} right; not: ${wrong.join(", ")}`);
  }
  if (values["write-docs"]) await writeDocs(measured, table, machine);
  return 0;
}

/** The peers' packages; no browser comes with them. */
function installPeers(): boolean {
  const folder = fileURLToPath(new URL(".", import.meta.url));
  if (existsSync(new URL("node_modules/.package-lock.json", import.meta.url))) return true;
  say("Installing the tools to compare with …");
  const { status } = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: folder,
    stdio: ["ignore", 2, 2],
    env: { ...process.env, PUPPETEER_SKIP_DOWNLOAD: "1" },
  });
  if (status !== 0) say("They could not be installed; look at npm's words above.");
  return status === 0;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

process.exitCode = await main();
