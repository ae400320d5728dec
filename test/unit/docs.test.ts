import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { generatedDocs, renewed } from "../../.ci/docs.ts";
import { AlertStatus } from "../../src/core/alert.ts";
import { parseConfig } from "../../src/config/load.ts";
import { textValues, urlValues } from "../../src/pipeline/placeholders.ts";
import { composeText } from "../../src/pipeline/compose.ts";
import { alertOf, channelOf } from "../support/pipeline.ts";

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

test.each(Object.entries(generatedDocs()))(
  "%s is what the code says; `node .ci/docs.ts` renews it",
  (path, generated) => {
    expect(read(path)).toBe(renewed(path, generated));
  },
);

test.each([
  "README.md",
  "docs/alerts.md",
  "docs/configuration.md",
  "docs/in-code.md",
  "docs/sources.md",
  "docs/routes.md",
  "docs/moving-in.md",
  "docs/tour.md",
])("every YAML example of %s is a valid configuration", (path) => {
  const examples = [...read(path).matchAll(/```yaml\n(?<yaml>[\s\S]*?)```/gu)].map(
    ({ groups }) => groups?.["yaml"] ?? "",
  );
  const names = examples.join("\n").matchAll(/env:(\w+)/gu);
  const env = Object.fromEntries([...names].map(([, name]) => [name, "value"]));
  expect(examples.length).toBeGreaterThan(0);
  for (const yaml of examples) parseConfig(yaml, { file: undefined, flags: {}, env, cwd: "/" });
});

describe("docs/alerts.md", () => {
  const opened = new Date("2026-03-01T12:18:45Z");
  const alert = {
    ...alertOf({
      status: "REPEAT",
      severity: "critical",
      entity: "web01",
      metric: "cpu_busy",
      tags: { dc: "eu" },
      value: 97.1,
      fields: { threshold: 90 },
    }),
    window: {
      before: "REPEAT" as const,
      openTime: opened,
      openedAt: opened,
      heardAt: new Date("2026-03-01T12:24:45Z"),
      repeats: 2,
      openValue: 91,
      values: [
        { time: new Date("2026-03-01T12:24:45Z"), value: 93.5 },
        { time: opened, value: 91 },
      ],
      isLate: false,
    },
  };

  test("names every placeholder, and none that there is not", () => {
    const named = [...read("docs/alerts.md").matchAll(/^\| (?<names>`\w+`(?:, `\w+`)*) +\| /gmu)].flatMap(
      ({ groups }) => (groups?.["names"] ?? "").split(", ").map((name) => name.slice(1, -1)),
    );
    const known = ["OPEN", "REPEAT", "CANCEL"].flatMap((status) => {
      const one = { ...alert, status: AlertStatus.parse(status) };
      return [...Object.keys(textValues(one, "UTC", "html")), ...Object.keys(urlValues(one, 0))];
    });
    const own = new Set(known.filter((name) => name !== "threshold"));
    expect(named.filter((name) => name !== "status").toSorted()).toEqual(
      [...own].filter((name) => name !== "status").toSorted(),
    );
  });

  test("shows the details table as it is", async () => {
    await using destination = {
      format: "text" as const,
      pictures: { taken: false as const, reason: "" },
      deliver: async () => ({}),
      check: async () => [],
      async [Symbol.asyncDispose]() {},
    };
    const example = /```text\n(?<table>[\s\S]*?)\n```/u.exec(read("docs/alerts.md"))?.groups?.["table"];
    expect(composeText(alert, channelOf(destination), undefined, true).text).toBe(example);
  });
});

const root = fileURLToPath(new URL("../../", import.meta.url));

/** The anchors that a page's headings have on GitHub and elsewhere. */
function anchorsOf(path: string): ReadonlySet<string> {
  const headings = [
    ...read(path)
      .replace(/```[\s\S]*?```/gu, "")
      .matchAll(/^#{1,6} (?<title>.+)$/gmu),
  ];
  return new Set(
    headings.map(({ groups }) =>
      (groups?.["title"] ?? "")
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}

test.each(["README.md", ...globSync("docs/**/*.md", { cwd: root })])("every link of %s leads somewhere", (path) => {
  const text = read(path).replace(/```[\s\S]*?```/gu, "");
  const links = [...text.matchAll(/\]\((?<to>[^)\s]+)\)/gu)].map(({ groups }) => groups?.["to"] ?? "");
  const dead = links.filter((link) => {
    if (/^https?:/u.test(link)) return false;
    const [file = "", anchor] = link.split("#");
    const to = file === "" ? path : join(dirname(path), file);
    if (!existsSync(join(root, to))) return true;
    return anchor !== undefined && !anchorsOf(to).has(anchor);
  });
  expect(dead).toEqual([]);
});

describe("docs/parity.md", () => {
  const cells = (line: string): readonly string[] => line.split(/(?<!\\)\|/u).slice(1, -1);
  const rows = read("docs/parity.md")
    .split("\n")
    .filter((line) => line.startsWith("| ") && !/^\| (?:-|\S+ +\| Chartbell +\|)/u.test(line))
    .map((line) => cells(line).map((cell) => cell.trim()));

  test("says of every point where it is, and how it is shown, or that it is not there", () => {
    expect(rows.length).toBeGreaterThan(90);
    const wrong = rows.filter(([point = "", , state = "", shown = "", ...more]) => {
      const isKnown = state === "no" ? shown === "" : ["same", "more", "differs"].includes(state) && shown !== "";
      return point === "" || !isKnown || more.length > 0;
    });
    expect(wrong).toEqual([]);
  });

  test("names tests that there are", () => {
    const missing = rows.flatMap(([, , , shown = ""]) =>
      shown === ""
        ? []
        : shown.split(/; (?=`)/u).flatMap((one) => {
            const file = /^`(?<name>[\w/-]+)` /u.exec(one)?.groups?.["name"];
            const path = `test/${file ?? "?"}.test.ts`;
            const source = existsSync(join(root, path)) ? read(path) : "";
            const titles = [...one.matchAll(/“(?<title>[^”]+)”/gu)].map(({ groups }) => groups?.["title"] ?? "");
            const isThere = (title: string): boolean =>
              [`"${title}"`, `'${title}'`, `\`${title}\``].some((quoted) => source.includes(quoted));
            return titles.length === 0
              ? [one]
              : titles.filter((title) => !isThere(title)).map((title) => `${path}: ${title}`);
          }),
    );
    expect(missing).toEqual([]);
  });
});
