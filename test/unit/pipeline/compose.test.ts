import { describe, expect, test } from "vitest";
import type { Destination } from "../../../src/destinations/contract.ts";
import type { AlertWindow } from "../../../src/core/window.ts";
import { captionOf, composeText, fileNameOf, noPictureText } from "../../../src/pipeline/compose.ts";
import { alertOf, channelOf } from "../../support/pipeline.ts";

const destination = (format: "html" | "text"): Destination => ({
  format,
  pictures: { taken: false, reason: "none" },
  deliver: async () => ({}),
  check: async () => [],
  async [Symbol.asyncDispose]() {},
});
const html = channelOf(destination("html"));
const text = channelOf(destination("text"));

describe("composeText", () => {
  test("words an alert as ATSD recommends", () => {
    const alert = alertOf({
      entity: "web01",
      severity: "critical",
      tags: { dc: "eu" },
      value: 97,
      message: "Hot.",
      ruleLink: "https://example.com/r",
    });
    expect(composeText(alert, text, undefined)).toMatchObject({
      text: "[OPEN] cpu_high for web01 {dc=eu}. Value 97. Hot. https://example.com/r",
      color: "red",
      notify: true,
      format: "text",
    });
    expect(composeText(alert, html, undefined).text).toBe(
      '<strong>[OPEN] cpu_high</strong> for web01 {dc=eu}. Value 97. Hot. <a href="https://example.com/r">cpu_high</a>',
    );
  });

  test("says a message of a room as one, escaped", () => {
    const message = { source: "room", message: "disk <full>\nnow", fields: { sender: "cron", room: "Ops" } };
    expect(composeText(alertOf(message), text, undefined).text).toBe("cron in Ops: disk <full>\nnow");
    expect(composeText(alertOf(message), html, undefined).text).toBe(
      "<strong>cron</strong> in Ops: disk &lt;full&gt;<br>now",
    );
    expect(composeText(alertOf({ source: "room" }), text, undefined).text).toBe("[OPEN] cpu_high.");
  });

  test("leaves out what the alert does not say", () => {
    expect(composeText(alertOf(), text, undefined).text).toBe("[OPEN] cpu_high.");
  });

  test("lets no value become markup", () => {
    const alert = alertOf({ rule: "<script>", message: '"><img src=x>' });
    expect(composeText(alert, html, undefined).text).not.toMatch(/<script|<img/u);
  });

  test.each([
    ["OPEN", "warning", "yellow", true],
    ["REPEAT", "critical", "red", false],
    ["CANCEL", "critical", "green", false],
    ["OPEN", "undefined", "yellow", true],
    ["OPEN", "normal", "green", true],
  ] as const)("%s %s is %s, sound %s", (status, severity, color, notify) => {
    expect(composeText(alertOf({ status, severity }), text, undefined)).toMatchObject({ color, notify });
  });

  test("a fixed colour and sound of the channel win", () => {
    const fixed = channelOf(destination("text"), { color: "purple", notify: false });
    expect(composeText(alertOf(), fixed, undefined)).toMatchObject({ color: "purple", notify: false });
  });

  test("a template that fails while rendering is replaced and the reason told; the alert is not lost", () => {
    const alert = alertOf({ message: "Hot." });
    const composed = composeText(alert, text, "{% for i in (1..99999999) %}x{% endfor %}");
    expect(composed.text).toMatch(/^\[OPEN\] cpu_high\. Hot\. +\(The route's text could not be rendered: .*limit/u);
  });

  test("fields of the caller are placeholders, but never hide Chartbell's own", () => {
    const alert = alertOf({ fields: { team: "blue", rule: "forged" } });
    expect(composeText(alert, text, "${team} ${rule}").text).toBe("blue cpu_high");
  });
});

describe("texts about a window", () => {
  const openTime = new Date("2026-03-01T11:22:46Z");
  const life: AlertWindow = {
    before: "OPEN",
    severityBefore: "warning",
    openTime,
    openedAt: openTime,
    heardAt: openTime,
    repeats: 3,
    openValue: 91,
    values: [{ time: openTime, value: 91 }],
    isLate: false,
  };
  const repeated = { ...alertOf({ status: "REPEAT", severity: "warning", entity: "web01", value: 97 }), window: life };
  const said = (template: string, alert = repeated, channel = text): string =>
    composeText(alert, channel, template).text;

  test.each([
    ["${alert_duration} ${alert_duration_interval} ${alert_duration_ms}", "00:01:07:59 1h:7m:59s 4079000"],
    ["${repeat_count} ${before_status} ${alert_type} ${open_value} ${rule_name}", "3 OPEN REPEAT 91 cpu_high"],
    ["${alert_open_datetime} ${open_time}", "2026-03-01T11:22:46.000Z 2026-03-01T11:22:46.000Z"],
    ["${alert_open_time}", "2026-03-01 11:22:46 UTC"],
    ["${repeat_time}|${cancel_time}|${nonsense}", "2026-03-01T12:30:45.000Z||"],
    ['${ open_time | date: "%H:%M" } ${ open_time | date: "%H:%M", "Asia/Tokyo" }', "11:22 20:22"],
    ['${ open_time | date: "%H:%M", timezone }', "11:22"],
  ])("%s is %s", (template, expected) => {
    expect(said(template)).toBe(expected);
  });

  test("times are the channel's", () => {
    const berlin = channelOf(destination("text"), { timezone: "Europe/Berlin" });
    expect(said("${alert_open_time}, ${received_time}", repeated, berlin)).toBe(
      "2026-03-01 12:22:46 GMT+1, 2026-03-01 13:30:45 GMT+1",
    );
  });

  test("a source that counts for itself is believed", () => {
    expect(said("${repeat_count} ${alert_duration}", { ...repeated, fields: { repeat_count: "17" } })).toBe(
      "17 00:01:07:59",
    );
  });

  test("entity and metric have ATSD's properties", () => {
    const fields = { entity_label: "Web server 1", entity_tags_dc: "eu", metric_label: "CPU" };
    const alert = { ...repeated, metric: "cpu", fields };
    expect(
      said("${entity} ${entity.label} ${entity.tags.dc} ${entity.displayName} ${metric} ${metric.label}", alert),
    ).toBe("web01 Web server 1 eu Web server 1 cpu CPU");
    expect(said("${entity.displayName}|${entity.label}|${entity | upcase}")).toBe("web01||WEB01");
    expect(said('{% if entity == "web01" %}yes{% endif %}')).toBe("yes");
  });

  test("the default text tells how long it lasts, but not at its beginning", () => {
    expect(composeText(repeated, text, undefined).text).toBe(
      "[REPEAT] cpu_high for web01. Value 97. Duration: 1h:7m:59s.",
    );
    const opened = { ...repeated, status: "OPEN" as const, window: { ...life, heardAt: undefined, repeats: 0 } };
    expect(composeText(opened, text, undefined).text).toBe("[OPEN] cpu_high for web01. Value 97.");
    expect(said("${alert_duration}|${alert_duration_interval}", opened)).toBe("00:00:00:00|");
  });

  test("a REPEAT that has become worse sounds", () => {
    expect(composeText(repeated, text, undefined).notify).toBe(false);
    expect(composeText({ ...repeated, severity: "critical" }, text, undefined).notify).toBe(true);
  });

  test("the channel's own text comes before the route's, but not before that of what was posted", () => {
    const own = channelOf(destination("text"), { texts: { REPEAT: "own ${rule}" } });
    expect(composeText(repeated, own, "route's").text).toBe("own cpu_high");
    expect(composeText({ ...repeated, status: "CANCEL" }, own, "route's").text).toBe("route's");
    expect(composeText(alertOf({ status: "REPEAT" }), own, "schedule's").text).toBe("schedule's");
  });

  test("the details follow the text as a table, what changes first", () => {
    const alert = { ...repeated, tags: { dc: "<eu>" }, fields: { load: 0.123456789 } };
    expect(composeText(alert, html, "Hot.", true).text).toBe(
      "Hot.<table>" +
        [
          ["status", "REPEAT"],
          ["value", "97"],
          ["value at 2026-03-01 11:22:46 UTC", "91"],
          ["severity", "warning"],
          ["rule", "cpu_high"],
          ["entity", "web01"],
          ["tags.dc", "&lt;eu&gt;"],
          ["event_time", "2026-03-01 12:30:45 UTC"],
          ["alert_open_time", "2026-03-01 11:22:46 UTC"],
          ["alert_duration_interval", "1h:7m:59s"],
          ["repeat_count", "3"],
          ["open_value", "91"],
          ["load", "0.12346"],
        ]
          .map(([name, value]) => `<tr><td><b>${name}</b></td><td>${value}</td></tr>`)
          .join("") +
        "</table>",
    );
    const lines = composeText(alert, text, "Hot.", true).text.split("\n");
    expect(lines.slice(0, 4)).toEqual(["Hot.", "", `${"status".padEnd(32)}  REPEAT`, `${"value".padEnd(32)}  97`]);
    expect(composeText(alert, html, "{% if false %}x{% endif %}", true).text).toBe("");
  });

  test("the tables of ATSD are placeholders", () => {
    const alert = alertOf({ tags: { path: "a|b,c" } });
    expect(said("${propertyDetailsTable}", alert as typeof repeated)).toContain("rule=cpu_high\ntags.path=a|b,c\n");
    expect(said("${csvDetailsTable}", alert as typeof repeated)).toContain(
      'Name,Value\nstatus,OPEN\nrule,cpu_high\ntags.path,"a|b,c"',
    );
    expect(said("${markdownDetailsTable}", alert as typeof repeated)).toContain("| tags.path | a\\|b,c |");
    expect(said("${asciiDetailsTable}", alert as typeof repeated)).toMatch(/^\+-+\+-+\+\n\| status +\| OPEN +\|\n/u);
    expect(composeText(alert, html, "${asciiDetailsTable}").text).toMatch(/^<pre>\+-/u);
    expect(composeText(alert, html, "${detailsTable}").text).toMatch(/^<table><tr>/u);
  });

  test("a table stays within its limits, whatever the alert holds", () => {
    const fields = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`f${index}`, "x".repeat(30_000)]));
    const table = composeText(alertOf({ fields }), html, "Hot.", true).text;
    expect(table.length).toBeLessThan(10_000);
    expect(table).toMatch(/<td>\d+ more<\/td><\/tr><\/table>$/u);
  });
});

test("a caption names the portal, the entity and what was not ready", () => {
  const alert = alertOf({ entity: "web01" });
  expect(captionOf("CPU", alert, { kind: "ready" })).toBe("CPU for web01");
  expect(captionOf("CPU", alert, { kind: "partial", unready: ["a chart", "a font"] })).toBe(
    "CPU for web01. Not everything was ready: a chart; a font.",
  );
});

test("a file name follows ATSD's pattern and has nothing a path could use", () => {
  const alert = alertOf({ rule: "../cpu high", entity: "wéb/01" });
  expect(fileNameOf(alert, "cpu", "image/png")).toBe("..-cpu-high_wéb-01_open_cpu_20260301_123045.png");
});

test("the sentence without a picture carries the link and the reason, escaped", () => {
  const mention = { title: "CPU <1>", url: "https://h/?a=1&b=2" };
  expect(noPictureText(mention, "404 <gone>.", "html")).toBe(
    'No picture of <a href="https://h/?a=1&amp;b=2">CPU &lt;1&gt;</a>: 404 &lt;gone&gt;.',
  );
  expect(noPictureText(mention, "404.", "text")).toBe("No picture of CPU <1>: 404. https://h/?a=1&b=2");
});
