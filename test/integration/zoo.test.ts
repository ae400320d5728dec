import { afterAll, beforeAll, expect, test } from "vitest";
import { cases } from "../zoo/cases.ts";
import { judge, needsTruth, shootCase } from "../zoo/judge.ts";
import { lookAtAll, openOracle } from "../zoo/oracle.ts";
import type { Oracle, Truth } from "../zoo/oracle.ts";
import { openZoo } from "../zoo/server.ts";
import type { Zoo } from "../zoo/server.ts";
import { openDriver } from "../support/web-driver.ts";

/*
 * A share of the zoo (`npm run test:zoo` runs all of it): each library once, and the behaviours that differ most.
 */

const share = [
  "echarts plain",
  "plotly plain",
  "chartjs gap",
  "vega gap",
  "d3 chained",
  "echarts-svg chained",
  "uplot polling",
  "recharts slow",
  "three spinner",
  "apexcharts dark",
  "highcharts pulse",
  "d3 hung-request",
  "echarts hung-font",
  "chartjs sse",
  "uplot websocket",
  "echarts worker",
  "recharts lazy",
  "uplot frames",
  "plotly location-replace",
  "highcharts iframe-other",
  "apexcharts error-panel",
  "uplot endless-spinner",
  "chartjs empty-box",
  "uplot css-transition",
  "login-redirect",
  "status-500",
  "blank-dark",
];
const chosen = cases.filter(({ name }) => share.includes(name));

/** Oracle pages side by side: they wait, most of their time. */
const looksAtATime = 6;

const driver = openDriver({ concurrency: 1, allow: ["127.0.0.1:*"] });
const truths = new Map<string, PromiseWithResolvers<Truth>>();
let zoo: Zoo;
let oracle: Oracle;
let looking: Promise<void>;

beforeAll(async () => {
  zoo = await openZoo();
  oracle = await openOracle(zoo);
  const unknown = chosen.filter(needsTruth);
  for (const { name } of unknown) truths.set(name, Promise.withResolvers());
  looking = lookAtAll(oracle, unknown, looksAtATime, ({ name }, truth) => truths.get(name)?.resolve(truth));
});

afterAll(async () => {
  await looking;
  await driver[Symbol.asyncDispose]();
  await oracle[Symbol.asyncDispose]();
  await zoo[Symbol.asyncDispose]();
});

test("the share names cases of the zoo", () => {
  expect(chosen.map(({ name }) => name).toSorted()).toEqual(share.toSorted());
});

test.each(chosen.map((one) => [one.name, one] as const))(
  "%s is photographed as its page is in the end",
  async (_, one) => {
    const shot = await shootCase(driver, zoo, one, `shot-${one.name}`);
    const judgement = await judge(one, shot, await truths.get(one.name)?.promise);
    expect(judgement.words).toBe("ok");
  },
);
