import { describe, expect, test } from "vitest";
import type { Alert } from "../../../src/core/alert.ts";
import { limits } from "../../../src/core/limits.ts";
import { Match } from "../../../src/core/match.ts";
import { compileMatch } from "../../../src/core/matcher.ts";
import { alertOf } from "../../support/pipeline.ts";

const alert: Alert = {
  ...alertOf({
    rule: "cpu_high",
    entity: "web01",
    metric: "cpu.busy",
    severity: "major",
    status: "OPEN",
    tags: { dc: "eu-1", port: "8080", mount: "/data/" },
    message: "CPU is at 97%\non two cores",
    source: "grafana",
    fields: { color: "red", count: 3, isNew: true, sender: null },
  }),
};

const holds = (match: unknown, of: Alert = alert): boolean =>
  compileMatch(Match.parse(match)).every((condition) => condition.holds(of));

describe("match", () => {
  test.each<[match: unknown, expected: boolean]>([
    [{}, true],
    [{ rule: "cpu_high" }, true],
    [{ rule: "cpu" }, false],
    [{ rule: "CPU_HIGH" }, false],
    [{ rule: "cpu*" }, true],
    [{ rule: ["db*", "cpu_hig?"] }, true],
    [{ rule: ["db*", "disk*"] }, false],
    [{ rule: { regex: "^cpu_(high|low)$" } }, true],
    [{ rule: { regex: "high" } }, true],
    [{ rule: { regex: "^high" } }, false],
    [{ rule: { regex: "(?i)CPU" } }, true],
    [{ rule: ["db*", { regex: "_high$" }] }, true],
    [{ rule: ".*" }, false],
    [{ entity: "web*", metric: "cpu.*" }, true],
    [{ entity: "web*", metric: "disk.*" }, false],
    [{ message: "*97%*" }, true],
    [{ message: { regex: "at \\d+%" } }, true],
    [{ message: "CPU" }, false],
    [{ source: "grafana" }, true],
    [{ source: ["atsd", "zabbix"] }, false],
    [{ status: "OPEN" }, true],
    [{ status: ["REPEAT", "CANCEL"] }, false],
    [{ tags: { dc: "eu-*" } }, true],
    [{ tags: { dc: "eu-*", rack: "*" } }, true],
    [{ tags: { rack: "?*" } }, false],
    [{ tags: { rack: "" } }, true],
    [{ tags: { dc: "" } }, false],
    [{ tags: { port: 8080 } }, true],
    [{ tags: { mount: "/data/" } }, true],
    [{ tags: { constructor: "?*" } }, false],
    [{ fields: { color: "red" } }, true],
    [{ fields: { color: ["green", "yellow"] } }, false],
    [{ fields: { count: 3, isNew: true, sender: "" } }, true],
    [{ fields: { toString: "?*" } }, false],
    [{ not: { rule: "db*" } }, true],
    [{ not: { rule: "cpu*" } }, false],
    [{ not: { rule: "cpu*", entity: "db*" } }, true],
    [{ not: [{ entity: "db*" }, { rule: "cpu*" }] }, false],
    [{ rule: "cpu*", not: [{ severity: "<warning" }, { tags: { dc: "test" } }] }, true],
    [{ rule: "cpu*", not: { tags: { dc: "eu-1" } } }, false],
  ])("%j is %s", (match, expected) => {
    expect(holds(match)).toBe(expected);
  });

  test.each<[wanted: string | string[], severities: string[]]>([
    ["major", ["major"]],
    [">=major", ["major", "critical", "fatal"]],
    [">major", ["critical", "fatal"]],
    ["< normal", ["undefined", "unknown"]],
    ["<=normal", ["undefined", "unknown", "normal"]],
    ["Minor..Critical", ["minor", "major", "critical"]],
    [
      ["normal", ">=critical"],
      ["normal", "critical", "fatal"],
    ],
  ])("severity %j is %j", (severity, expected) => {
    const all = ["undefined", "unknown", "normal", "warning", "minor", "major", "critical", "fatal"] as const;
    expect(all.filter((one) => holds({ severity }, { ...alert, severity: one }))).toEqual(expected);
  });

  test("only the first characters of a long text are searched for a pattern", () => {
    const far = { ...alert, message: `${"a".repeat(limits.routeMatchedCharsMax)}end` };
    expect([holds({ message: { regex: "end$" } }, far), holds({ message: "*end" }, far)]).toEqual([false, true]);
  });

  test.each<[match: unknown, message: RegExp]>([
    [{ rule: { regex: "(" } }, /missing closing \)/u],
    [{ rule: { regex: "(?=x)" } }, /no regular expression of RE2's syntax/u],
    [{ rule: { regex: "(a{1,99}){1,99}" } }, /RE2's syntax|repeats too much/u],
    [{ severity: "warnign" }, /`warnign` is no severity; did you mean `warning`\?/u],
    [{ severity: ">fatal" }, /no severity is `>fatal`/u],
    [{ severity: "critical..minor" }, /no severity is `critical\.\.minor`/u],
    [{ severity: ">=warning..fatal" }, /no range such as/u],
    [{ time: { days: "mo-fr" } }, /`mo-fr` is no day/u],
    [{ time: { from: "9" } }, /no time of day/u],
    [{ time: { from: "24:01" } }, /no time of day/u],
    [{ time: { from: "9:00", to: "09:00" } }, /the same time/u],
    [{ time: {} }, /name days, or from and to/u],
    [{ time: { days: "mon", timezone: "Mars/Olympus" } }, /IANA time zone/u],
    [{ not: {} }, /names no condition/u],
    [{ not: { tags: {} } }, /names no condition/u],
    [{ not: { not: { rule: "x" } } }, /not/u],
  ])("%j is refused", (match, message) => {
    const parsed = Match.safeParse(match);
    expect(parsed.success ? "accepted" : JSON.stringify(parsed.error.issues)).toMatch(message);
  });
});

describe("time", () => {
  const at = (time: unknown, moment: string): boolean => holds({ time }, { ...alert, acceptedAt: new Date(moment) });
  const office = { days: "mon-fri", from: "09:00", to: "17:30", timezone: "Europe/Berlin" };
  const night = { days: "fri", from: "22:00", to: "06:00", timezone: "Europe/Berlin" };

  // 2026-11-20 is a Friday; Berlin is an hour ahead of UTC then, two hours in summer.
  test.each<[time: unknown, moment: string, expected: boolean]>([
    [office, "2026-11-20T08:00:00Z", true],
    [office, "2026-11-20T07:59:59Z", false],
    [office, "2026-11-20T16:29:59Z", true],
    [office, "2026-11-20T16:30:00Z", false],
    [office, "2026-11-21T10:00:00Z", false],
    [office, "2026-07-17T07:00:00Z", true],
    [office, "2026-07-17T15:30:00Z", false],
    [night, "2026-11-20T20:59:00Z", false],
    [night, "2026-11-20T21:00:00Z", true],
    [night, "2026-11-21T04:59:00Z", true],
    [night, "2026-11-21T05:00:00Z", false],
    [night, "2026-11-19T23:30:00Z", false],
    [night, "2026-11-21T21:30:00Z", false],
    [{ days: "sun", from: "22:00", to: "06:00" }, "2026-11-23T05:00:00Z", true],
    [{ days: "sat-mon" }, "2026-11-22T23:59:00Z", true],
    [{ days: "sat-mon" }, "2026-11-24T00:00:00Z", false],
    [{ days: ["mon", "wed-thu"] }, "2026-11-25T12:00:00Z", true],
    [{ days: ["mon", "wed-thu"] }, "2026-11-24T12:00:00Z", false],
    [{ from: "12:00" }, "2026-11-24T23:59:00Z", true],
    [{ to: "12:00" }, "2026-11-24T12:00:00Z", false],
    [[office, { days: "sat-sun" }], "2026-11-21T03:00:00Z", true],
    // Clocks go from 02:00 to 03:00 on 2026-03-29, and from 03:00 to 02:00 on 2026-10-25.
    [{ from: "02:00", to: "03:00", timezone: "Europe/Berlin" }, "2026-03-29T01:00:00Z", false],
    [{ from: "03:00", to: "04:00", timezone: "Europe/Berlin" }, "2026-03-29T01:00:00Z", true],
    [{ from: "02:00", to: "03:00", timezone: "Europe/Berlin" }, "2026-10-25T00:30:00Z", true],
    [{ from: "02:00", to: "03:00", timezone: "Europe/Berlin" }, "2026-10-25T01:30:00Z", true],
    [{ from: "02:00", to: "03:00", timezone: "Europe/Berlin" }, "2026-10-25T02:00:00Z", false],
    // Days are those of the zone, half an hour's offset included.
    [{ days: "sat", timezone: "Asia/Kolkata" }, "2026-11-20T18:30:00Z", true],
    [{ days: "sat", timezone: "Asia/Kolkata" }, "2026-11-20T18:29:00Z", false],
  ])("%j at %s is %s", (time, moment, expected) => {
    expect(at(time, moment)).toBe(expected);
  });

  test("holds the hours of every half hour of a year against a count of the hours themselves", () => {
    const conditions = compileMatch(Match.parse({ time: [office, night] }));
    const clock = new Intl.DateTimeFormat("sv", { timeZone: "Europe/Berlin", dateStyle: "short", timeStyle: "short" });
    for (let ms = Date.UTC(2026, 0, 1); ms < Date.UTC(2027, 0, 1); ms += 30 * 60_000) {
      const [date = "", time = ""] = clock.format(ms).split(" ");
      const day = new Date(`${date}T00:00:00Z`).getUTCDay();
      const inOffice = day >= 1 && day <= 5 && time >= "09:00" && time < "17:30";
      const atNight = (day === 5 && time >= "22:00") || (day === 6 && time < "06:00");
      const found = conditions.every((condition) => condition.holds({ ...alert, acceptedAt: new Date(ms) }));
      if (found !== (inOffice || atNight)) expect.fail(`${date} ${time}: ${found}`);
    }
  });
});

describe("a condition in words", () => {
  const failing = (match: unknown) => {
    const condition = compileMatch(Match.parse(match)).find((one) => !one.holds(alert));
    return condition && `${condition.name}: ${condition.saw(alert)}; wanted: ${condition.wanted}`;
  };
  test.each([
    [{ rule: ["db*", { regex: "^x" }] }, "rule: `cpu_high`; wanted: `db*`, /^x/"],
    [{ tags: { rack: "?*" } }, "tags.rack: ``; wanted: `?*`"],
    [{ severity: ["normal", ">=critical"] }, "severity: major; wanted: normal, >=critical"],
    [
      { not: [{ rule: "db*" }, { rule: "cpu*", severity: ">=major" }] },
      "not[1]: severity major and rule `cpu_high`; wanted: not (severity >=major and rule `cpu*`)",
    ],
    [
      { time: { days: "sat-sun", from: "9:00", to: "12:00", timezone: "Europe/Berlin" } },
      "time: sun 13:30 Europe/Berlin; wanted: sat-sun 9:00-12:00 Europe/Berlin",
    ],
  ])("%j", (match, expected) => {
    expect(failing(match)).toBe(expected);
  });
});
