import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { App } from "../../src/app.ts";
import { historyOf, startTestApp } from "../support/app.ts";

/* docs/tour.md as a reader follows it: its configuration, its commands, what it says stands in the room. */

const tour = readFileSync(new URL("../../docs/tour.md", import.meta.url), "utf8");
const address = "http://127.0.0.1:8080";

interface Stop {
  readonly type: string;
  readonly path: string;
  readonly body: string;
  /** What the page says stands in the room then. */
  readonly said: string;
}

const command =
  /```sh\ncurl -H 'Content-Type: (?<type>[^']+)' (?<url>\S+) --data-binary @- <<END\n(?<body>[\s\S]*?)END\n```[\s\S]*?```text\n(?<said>[^\n]+)\n```/gu;
const stops = [...tour.matchAll(command)].map(({ groups }): Stop => {
  const { type = "", url = "", body = "", said = "" } = groups ?? {};
  return { type, path: url.replace(address, ""), body, said };
});

/** What the shell makes of the two times. */
const expanded = (body: string): string =>
  body
    .replaceAll("$(date -u +%FT%TZ)", `${new Date().toISOString().slice(0, 19)}Z`)
    .replaceAll("$(date +%s)", String(Math.floor(Date.now() / 1000)));

/** A message as a person reads it. */
const readable = (html: string): string =>
  html
    .replace(/<[^>]*>/gu, "")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&");

let app: App;
beforeAll(async () => {
  app = await startTestApp(/```yaml\n(?<yaml>[\s\S]*?)```/u.exec(tour)?.groups?.["yaml"] ?? "");
}, 60_000);
afterAll(async () => await app[Symbol.asyncDispose]());

test("goes by each of the five systems", () => {
  expect(tour.match(/^curl /gmu)).toHaveLength(stops.length);
  expect([...new Set(stops.map(({ path }) => path))]).toEqual(
    ["atsd", "chef", "payara", "mackerel", "buildbot"].map((source) => `/hooks/${source}`),
  );
});

describe.each(stops)("$path: $said", ({ type, path, body, said }) => {
  test("stands in the room, with its chart unless it is over", async () => {
    const before = (await historyOf(app, "Ops")).length;
    expect(expanded(body)).not.toContain("$(");
    const answer = await fetch(`${app.localUrl}${path}`, {
      method: "POST",
      headers: { "content-type": type },
      body: expanded(body),
    });
    const { alerts }: { alerts: { id: string }[] } = JSON.parse(await answer.text());
    expect(answer.status).toBe(202);
    expect((await app.pipeline.outcome(alerts[0]?.id ?? ""))?.deliveries).toMatchObject([{ state: "delivered" }]);
    const [text, ...pictures] = (await historyOf(app, "Ops")).slice(before);
    expect(readable(text?.message ?? "")).toBe(said);
    const isOver = said.startsWith("[CANCEL]");
    expect(text?.color).toBe(isOver ? "green" : path.endsWith("payara") ? "yellow" : "red");
    expect(pictures.map(({ file }) => file?.name)).toEqual(
      isOver ? [] : [expect.stringMatching(/_open_test_\d{8}_\d{6}\.png$/u)],
    );
  });
});
