import { cases } from "../test/zoo/cases.ts";
import type { Case } from "../test/zoo/cases.ts";
import { lookAtAll, openOracle } from "../test/zoo/oracle.ts";
import type { Truth } from "../test/zoo/oracle.ts";
import { openZoo } from "../test/zoo/server.ts";
import type { Zoo } from "../test/zoo/server.ts";
import { startTestApp } from "../test/support/app.ts";

/*
 * What is photographed: plain pages of every library, pages of a few libraries that load their data in other ways, and the
 * test portal. All on loopback, all with the data late by some 150 ms or more.
 */

export interface Subject {
  readonly one: Case;
  /** The page's own final frame. */
  readonly truth: Truth;
}

export interface Site extends AsyncDisposable {
  readonly zoo: Zoo;
  readonly portal: Case;
}

const behaviours = ["gap", "chained", "polling", "slow"];
const behaving = ["echarts", "chartjs", "d3"];
const looksAtATime = 8;
/** Fixed times, so that every look is at the same picture. */
const portalQuery = "entity=web01&metric=cpu_busy&from=2026-03-10T08:00:00Z&to=2026-03-10T11:00:00Z&latency=150";

/** The pages' servers. */
export async function openSite(): Promise<Site> {
  const zoo = await openZoo();
  const app = await startTestApp("{}");
  const portal: Case = {
    name: "test portal",
    library: "-",
    behaviour: "portal",
    path: `${app.localUrl}/portals/test/?${portalQuery}`,
    options: { viewport: { width: 900, height: 600 }, fullPage: false, timeoutMs: 12_000 },
    ignore: [],
    expected: { kind: "exact", verdict: "ready" },
  };
  return {
    zoo,
    portal,
    async [Symbol.asyncDispose]() {
      await app[Symbol.asyncDispose]();
      await zoo[Symbol.asyncDispose]();
    },
  };
}

/** The cases of a run, in the order in which every tool takes them. */
export function chosenCases(portal: Case, isQuick: boolean): readonly Case[] {
  const plain = cases.filter(({ behaviour, library }) => behaviour === "plain" && (!isQuick || library === "echarts"));
  const libraries = isQuick ? ["echarts"] : behaving;
  const others = behaviours.flatMap((name) =>
    cases.filter(({ behaviour, library }) => behaviour === name && libraries.includes(library)),
  );
  return [...plain, ...others, portal];
}

/** Looks at every page as the zoo's oracle does, and tells the version of the browser. */
export async function subjectsOf(
  { zoo }: Site,
  chosen: readonly Case[],
): Promise<{ readonly subjects: readonly Subject[]; readonly version: string }> {
  await using oracle = await openOracle(zoo);
  const truths = new Map<Case, Truth>();
  await lookAtAll(oracle, chosen, looksAtATime, (one, truth) => truths.set(one, truth));
  const subjects = chosen.flatMap((one) => {
    const truth = truths.get(one);
    return truth === undefined ? [] : [{ one, truth }];
  });
  return { subjects, version: oracle.version };
}
