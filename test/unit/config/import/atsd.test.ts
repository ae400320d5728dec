import { describe, expect, test } from "vitest";
import { translateText } from "../../../../src/config/import/atsd-text.ts";
import { importFrom } from "../../../../src/config/import/index.ts";
import { elementsNamed, readXml } from "../../../../src/config/import/xml.ts";
import { limits } from "../../../../src/core/limits.ts";
import { templateProblem } from "../../../../src/core/template.ts";

describe("a text of ATSD", () => {
  test.each([
    [
      "[${status}] ${rule} for ${entity} ${tags}. ${ruleLink}",
      "[${status}] ${rule} for ${entity} ${tags}. ${ruleLink}",
    ],
    ["${tags.host} ${tags.disk-name} ${tags['a b']}", '${tags.host} ${tags["disk-name"]} ${tags["a b"]}'],
    ["${entity.label} ${entity.tags.dc}", "${entity.label} ${entity.tags.dc}"],
    ["${entity.displayName} ${metric.label} ${metric.units}", "${entity.displayName} ${metric.label} ${metric_units}"],
    ["${entity.tags.docker-host} ${entity.tags['a b']}", "${entity.tags.docker_host} ${entity.tags.a_b}"],
    ["${detailsTable('ascii')} ${htmlDetailsTable}", "${asciiDetailsTable} ${htmlDetailsTable}"],
    [
      "${abs(value)} ${replace(entity, '-', ' ')} ${getChartLink()}",
      "${value | abs} ${entity | replace: '-', ' '} ${chartLink}",
    ],
    ["${upper(entity)} ${round(value, 1)}", "${entity | upcase} ${value | round: 1}"],
    ["${ifEmpty(entity.label, 'a, b')} ${getRuleLink()}", "${entity.label | default: 'a, b'} ${ruleLink}"],
    ["no placeholder, 100 $ {x}", "no placeholder, 100 $ {x}"],
  ])("%j becomes %j", (source, expected) => {
    const { text, lost } = translateText(source);
    expect([text, lost]).toEqual([expected, []]);
    expect(templateProblem(text ?? "")).toBeUndefined();
  });

  test.each([
    ["a ${avg()} b", "a b", ["${avg()}"]],
    ["${round(avg(), 1)}!", "!", ["${round(avg(), 1)}"]],
    ["${addTable({'}': 1})} x", "x", ["${addTable({'}': 1})}"]],
    ["${detailsTable('pdf')} x", "x", ["${detailsTable('pdf')}"]],
    ["${value > 3 ? 'a' : 'b'}", undefined, ["${value > 3 ? 'a' : 'b'}"]],
    ["x ${open", "x ${open}", []],
    ["@if{status == 'OPEN'} a @end{}", undefined, ["@if and @foreach"]],
  ])("%j loses what has no counterpart", (source, expected, lost) => {
    expect(translateText(source)).toEqual({ text: expected, lost, portals: [] });
  });

  test("tells the portals that it attaches", () => {
    expect(translateText(`See \${addPortal('JVM', entity)}\${addPortal("*")}`)).toEqual({
      text: "See",
      lost: [],
      portals: ["JVM", "*"],
    });
  });
});

describe("XML", () => {
  test("is read with entities of its own, character data and attributes", () => {
    const root = readXml(
      `<?xml version="1.0"?>\n<a x="1"><b>1 &lt; 2 &#65;</b><b><![CDATA[<c/> & d]]></b><!-- no --></a>`,
    );
    expect(elementsNamed(root, "b").map(({ text }) => text)).toEqual(["1 < 2 A", "<c/> & d"]);
  });

  test.each([
    ["", /no element|document must contain a root element/u],
    ["<a>", /line 1: unclosed tag/u],
    ["<a>\n</b>", /line 2/u],
    ["<a>&b;</a>", /undefined entity/u],
    ['<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', /a document type is not read/u],
    ['<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', /a document type is not read/u],
    ["<a>".repeat(limits.xmlDepthMax + 1), /nested deeper/u],
    [`<a>${"<b/>".repeat(limits.xmlElementsMax)}</a>`, /more than/u],
  ])("%.40j is refused", (text, message) => {
    expect(() => readXml(text)).toThrow(message);
  });
});

const parameter = (when: string, key: string, value: string): string =>
  `<${when}WebConfigParameters><key>${key}</key><value>${value}</value></${when}WebConfigParameters>`;
const notification = (endpoint: string, more: string): string =>
  `<webNotification><disabled>false</disabled><webNotificationConfigName>${endpoint}</webNotificationConfigName>${more}</webNotification>`;
const rule = (name: string, more: string): string =>
  `<rule><name>${name}</name><metric>m</metric><enabled>true</enabled>${more}</rule>`;
const imported = (...rules: readonly string[]) => importFrom("atsd", `<rules>${rules.join("")}</rules>`);

describe("rules.xml", () => {
  test("becomes routes with the texts of OPEN, REPEAT and CANCEL", () => {
    const { yaml, notCarried } = imported(
      rule(
        "low*memory",
        notification(
          "HipChat Data Center",
          parameter("first", "message", "open ${value}") +
            parameter("repeat", "message", "repeat ${repeat_count}") +
            parameter("cancel", "message", "over") +
            "<first-screenshot>true</first-screenshot><cancel-screenshot>true</cancel-screenshot><first-details>true</first-details>" +
            "<first-delay><intervalCount>2</intervalCount><intervalUnit>MINUTE</intervalUnit></first-delay>" +
            "<repeat-interval><type>COUNT</type><intervalCount>6</intervalCount></repeat-interval>",
        ),
      ),
    );
    expect(yaml).toContain(`
routes:
  - name: low*memory
    match:
      rule:
        regex: ^low\\*memory$
    channels:
      - hipchat-data-center
    open:
      text: open \${value}
      details: true
      delay: 2m
    repeat:
      text: repeat \${repeat_count}
      every: 6
    cancel:
      text: over
      picture: true
`);
    const said = notCarried.join("\n");
    for (const word of ["series chart", "address and token"]) expect(said).toContain(word);
    for (const word of ["details", "delay", "every"]) expect(said).not.toContain(word);
  });

  test("a rule with several endpoints becomes several routes; the same endpoint is one channel", () => {
    const { yaml } = imported(
      rule("a", notification("One", "") + notification("Two", "")),
      rule(
        "b",
        notification(
          "One",
          "<repeat-interval><type>NONE</type></repeat-interval><cancel-enabled>false</cancel-enabled>",
        ),
      ),
    );
    expect(yaml).toContain(
      "channels:\n  one:\n    kind: room\n    room: One\n  two:\n    kind: room\n    room: Two\nroutes:",
    );
    expect(yaml).toContain("  - name: a 2\n    match:\n      rule: a\n    channels:\n      - two\n");
    expect(yaml).toContain("repeat:\n      send: false\n    cancel:\n      send: false");
  });

  const repeats = (type: string, count: string, unit: string): string =>
    `<repeat-interval><type>${type}</type><intervalCount>${count}</intervalCount><intervalUnit>${unit}</intervalUnit></repeat-interval>`;

  test.each([
    ["ALL", "5", "MINUTE", undefined],
    ["COUNT", "6", "MINUTE", "every: 6"],
    ["INTERVAL", "90", "SECOND", "every: 90s"],
    ["INTERVAL", "6", "HOUR", "every: 6h"],
    ["INTERVAL", "2", "WEEK", "every: 14d"],
  ])("the repeat interval %s %s %s is carried", (type, count, unit, expected) => {
    const { yaml, notCarried } = imported(rule("a", notification("One", repeats(type, count, unit))));
    expect(/every: .*/u.exec(yaml)?.[0]).toBe(expected);
    expect(notCarried.join("\n")).not.toContain("interval");
  });

  test.each([
    ["INTERVAL", "2", "MONTH", "every 2 month"],
    ["INTERVAL", "0", "MINUTE", "every 0 minute"],
    ["COUNT", "many", "", "every many events"],
    ["SOMETIMES", "1", "DAY", "every 1 day"],
  ])("a repeat interval that no route can have is named: %s %s %s", (type, count, unit, expected) => {
    const { yaml, notCarried } = imported(rule("a", notification("One", repeats(type, count, unit))));
    expect(yaml).not.toContain("every");
    expect(notCarried.join("\n")).toContain(expected);
  });

  test("a delay of a month is named; what is not sent has neither delay nor details", () => {
    const delay = (unit: string): string =>
      `<first-delay><intervalCount>1</intervalCount><intervalUnit>${unit}</intervalUnit></first-delay>`;
    expect(imported(rule("a", notification("One", delay("MONTH")))).notCarried.join("\n")).toContain(
      "the delay on OPEN of 1 month",
    );
    const { yaml } = imported(
      rule(
        "a",
        notification("One", `${delay("DAY")}<first-enabled>false</first-enabled><first-details>true</first-details>`),
      ),
    );
    expect(yaml).toContain("open:\n      send: false\n");
  });

  test("Same as On Open takes the text of OPEN", () => {
    const { yaml } = imported(
      rule(
        "a",
        notification(
          "One",
          `${parameter("first", "text", "said")}<first-details>true</first-details><cancel-as-open>true</cancel-as-open>`,
        ),
      ),
    );
    expect(yaml).toContain(
      "open:\n      text: said\n      details: true\n    cancel:\n      text: said\n      details: true\n",
    );
  });

  test("what is disabled is named and left out; records give channels their room", () => {
    const { yaml, notCarried } = importFrom(
      "atsd",
      `<list><com.axibase.tsd.model.notifications.WebNotificationConfig><name>One</name><enabled>false</enabled>
       <parameterModels><p><key>room</key><value>Ops</value></p><p><key>notify</key><value>true</value></p></parameterModels>
       </com.axibase.tsd.model.notifications.WebNotificationConfig>
       ${rule("a", notification("One", ""))}<rule><name>off</name><enabled>false</enabled></rule></list>`,
    );
    expect(yaml).toContain("one:\n    kind: room\n    room: Ops\n    enabled: false\n    notify: true\n");
    expect(notCarried).toContain("rule `off`: it is disabled");
  });

  test("a file without rules is refused", () => {
    expect(() => importFrom("atsd", "<html><body/></html>")).toThrow(/There is no <rule> with a <name>/u);
  });
});
