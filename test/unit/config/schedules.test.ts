import { describe, expect, test } from "vitest";
import { parseConfig } from "../../../src/config/load.ts";
import type { LoadedConfig } from "../../../src/config/load.ts";

const load = (schedules: string): LoadedConfig =>
  parseConfig(
    `
channels: { ops: { kind: room, room: Ops } }
portals:
  cpu: { url: "http://127.0.0.1:1/?host=\${entity}&zone=\${zone}&rule=\${rule}", defaults: { zone: eu } }
schedules:
${schedules}
`,
    { file: undefined, flags: {}, env: {}, cwd: "/" },
  );
const one = (fields: string): string =>
  `  - { name: a, cron: "0 9 * * *", portals: [cpu], channels: [ops], ${fields} }`;

test("a schedule needs a name, times, portals and channels; the rest has defaults", () => {
  const { config, warnings } = load(one("params: { entity: web01 }"));
  expect(config.schedules).toEqual([
    {
      name: "a",
      cron: "0 9 * * *",
      timezone: "UTC",
      portals: ["cpu"],
      channels: ["ops"],
      params: { entity: "web01" },
      missed: "once",
      enabled: true,
    },
  ]);
  expect(warnings).toEqual([]);
});

test("a placeholder of a portal's URL that nothing fills in is warned of", () => {
  const warning = "schedules[0].params: `entity` stays empty in the URL of portal `cpu`; give it a value here";
  expect(load(one("")).warnings).toEqual([warning]);
});

describe("refused, with the line and the way out:", () => {
  test.each([
    [one("timezone: Europe/Berlinn"), "schedules[0].timezone: must be an IANA time zone"],
    [one('timezone: "+02:00"'), "schedules[0].timezone: must be an IANA time zone"],
    [one("missed: twice"), "schedules[0].missed: "],
    [one("mised: once"), "schedules[0].mised: unknown key; did you mean `missed`?"],
    [one('text: "${entity | nope}"'), "schedules[0].text: undefined filter: nope"],
    [one("params: { message: x }"), "schedules[0].params.message: is filled in by the schedule itself"],
    [one(`params: { entity: ${"x".repeat(201)} }`), "schedules[0].params.entity: has at most 200 characters"],
    [one("params: { entiti: x }"), "params.entiti: neither the portals' URLs nor the text have a placeholder"],
    [`${one("")}\n${one("")}`, "schedules[1].name: `a` is the name of schedules[0] already"],
    ['  - { name: a, cron: "0 9 * *", portals: [cpu], channels: [ops] }', "schedules[0].cron: must have five fields"],
    ['  - { name: a, cron: "0 9 * * *", portals: [cpv], channels: [ops] }', "there is no portal `cpv`; did you mean"],
    ['  - { name: a, cron: "0 9 * * *", portals: [cpu], channels: [opz] }', "there is no channel `opz`; did you mean"],
    ['  - { name: a, cron: "0 9 * * *", portals: [], channels: [ops] }', "schedules[0].portals: "],
  ])("%s", (schedules, problem) => {
    expect(() => load(schedules)).toThrow(problem);
  });

  test("but a parameter of the text, and any of the built-in test portal, is taken", () => {
    expect(load(one('params: { entity: a, team: b }, text: "${team}"')).config.schedules[0]?.params).toEqual({
      entity: "a",
      team: "b",
    });
    const builtIn = '  - { name: a, cron: "0 9 * * *", portals: [test], channels: [ops], params: { theme: dark } }';
    expect(load(builtIn).warnings).toEqual([]);
  });
});
