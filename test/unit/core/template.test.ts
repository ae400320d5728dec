import { describe, expect, test } from "vitest";
import { Link, placeholdersOf, renderTemplate, templateProblem } from "../../../src/core/template.ts";

const values = {
  rule: "cpu <b>",
  tags: { host: "web01 & co", disk: "/" },
  message: "one\ntwo",
  ruleLink: new Link("https://example.com/?a=1&b=2", "the <rule>"),
  count: 5,
};

describe("renderTemplate", () => {
  test("escapes values for HTML, keeps the template's own markup, turns line ends into breaks", () => {
    expect(renderTemplate("<b>${rule}</b> ${message}", values, "html")).toBe("<b>cpu &lt;b&gt;</b> one<br>two");
  });
  test("leaves values alone in text", () => {
    expect(renderTemplate("${rule} ${message}", values, "text")).toBe("cpu <b> one\ntwo");
  });
  test("puts half of a surrogate pair into a URL as the replacement character", () => {
    expect(renderTemplate("https://h/${a}", { a: "x\ud800y" }, "url")).toBe("https://h/x%EF%BF%BDy");
  });
  test("encodes values in URLs, so that none can add a parameter or a path", () => {
    expect(renderTemplate("https://h/${a}?b=${c}", { a: "../x", c: "1&d=2#e" }, "url")).toBe(
      "https://h/..%2Fx?b=1%26d%3D2%23e",
    );
  });
  test("prints tags as ATSD does, one of them by its name", () => {
    expect(renderTemplate("${tags} ${tags.host}", values, "text")).toBe("{host=web01 & co, disk=/} web01 & co");
  });
  test("a link is an anchor in HTML and an address in text", () => {
    expect(renderTemplate("${ruleLink}", values, "text")).toBe("https://example.com/?a=1&b=2");
    expect(renderTemplate("${ruleLink}", values, "html")).toBe(
      '<a href="https://example.com/?a=1&amp;b=2">the &lt;rule&gt;</a>',
    );
  });
  test("an unknown placeholder is empty, and so is an empty map", () => {
    expect(renderTemplate("[${nope}${nope.deeper}${tags.nope}${none}]", { none: {} }, "text")).toBe("[]");
  });
  test("filters and conditions work", () => {
    expect(renderTemplate("{% if count > 3 %}${rule | upcase}{% endif %}", values, "text")).toBe("CPU <B>");
  });
  test("nothing but own values can be reached", () => {
    expect(renderTemplate("[${rule.constructor}${tags.constructor}${tags.toString}]", values, "text")).toBe("[]");
  });
  test("a loop that would never end is stopped", () => {
    expect(() => renderTemplate("{% for i in (1..99999999) %}x{% endfor %}", {}, "text")).toThrowError(/limit/u);
  });
});

test("placeholdersOf names what the caller must give, not what the template makes itself", () => {
  expect(placeholdersOf("${a.b} ${c | upcase} {% for x in list %}${x}{% endfor %}")).toEqual(["a", "c", "list"]);
});

test.each([
  ["fine ${a}", undefined],
  ["${a", /not closed/u],
  ["${a | nofilter}", /undefined filter/u],
  ["{% if %}", /./u],
])("templateProblem(%j)", (template, expected) => {
  const problem = templateProblem(template);
  if (expected === undefined) expect(problem).toBeUndefined();
  else expect(problem).toMatch(expected);
});
