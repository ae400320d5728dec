import { describe, expect, test } from "vitest";
import type { Destination } from "../../../src/destinations/contract.ts";
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
