import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { App } from "../../src/app.ts";
import { Secret } from "../../src/core/secret.ts";
import { openStore } from "../../src/store/open.ts";
import { openPrivateServer } from "../../src/store/postgres/private-server.ts";
import { historyOf, postJson, startTestApp } from "../support/app.ts";
import { chartbell } from "../support/cli.ts";
import { clockFrom, heldClock } from "../support/clock.ts";
import { noBacklog } from "../support/pipeline.ts";
import { morning, openSchedules } from "../support/schedules.ts";
import { silent } from "../support/web-driver.ts";

/* Schedules on a real PostgreSQL, from the due time to the room, and on several processes. */

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "chartbell-schedules-"));
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

const yaml = `
channels: { lobby: { kind: room, room: Lobby }, files: { kind: directory, path: files } }
schedules:
  - name: morning
    cron: "0 9 * * 1-5"
    timezone: Europe/Berlin
    channels: [lobby]
    portals: [test]
    text: "\${schedule} at \${scheduled}: \${message}"
    params: { entity: db07 }
  - { name: off, cron: "0 9 * * *", channels: [files], portals: [test], enabled: false }
`;

interface ScheduleAnswer {
  readonly name: string;
  readonly next: readonly string[];
  readonly lastRun: { readonly at: string; readonly alertId: string } | null;
}

async function schedulesOf(app: App, headers: Record<string, string> = {}): Promise<readonly ScheduleAnswer[]> {
  const response = await fetch(`${app.localUrl}/api/schedules`, { headers });
  const { schedules }: { schedules: ScheduleAnswer[] } = JSON.parse(await response.text());
  return schedules;
}

test("at its time a schedule posts text and picture, within two seconds of it", async () => {
  const clock = heldClock("2026-11-23T07:59:59.900Z");
  await using app = await startTestApp(yaml, {}, clock);
  expect((await schedulesOf(app))[0]).toMatchObject({ lastRun: null });
  clock.go();
  await expect.poll(async () => (await schedulesOf(app))[0]?.lastRun, { timeout: 5000 }).toBeTruthy();
  const [state, off] = await schedulesOf(app);
  expect(Date.parse(state?.lastRun?.at ?? "") - Date.parse("2026-11-23T08:00:00Z")).toBeLessThan(2000);
  expect(state?.next).toEqual(["2026-11-24T08:00:00.000Z", "2026-11-25T08:00:00.000Z", "2026-11-26T08:00:00.000Z"]);
  expect(off).toMatchObject({ name: "off", enabled: false, next: [], lastRun: null });
  const outcome = await app.pipeline.outcome(state?.lastRun?.alertId ?? "");
  expect(outcome).toMatchObject({ state: "handled", alert: { rule: "morning", fields: { schedule: "morning" } } });
  expect(outcome?.deliveries[0]?.steps).toMatchObject([{ status: "delivered" }, { status: "delivered" }]);
  const [text, picture] = await historyOf(app, "Lobby");
  expect(text).toMatchObject({ message: "morning at 2026-11-23T09:00:00+01:00: Test portal", color: "green" });
  expect(picture?.file?.name).toBe("morning_db07_open_test_20261123_080000.png");
});

describe("over HTTP", () => {
  test("a schedule is run when it is asked for, enabled or not", async () => {
    await using app = await startTestApp(yaml);
    const { status, body } = await postJson(app, "/api/schedules/morning/run", "");
    expect([status, body]).toEqual([202, { id: expect.stringMatching(/^[\da-f-]{36}$/u) }]);
    expect(await app.pipeline.outcome(String(body["id"]))).toMatchObject({
      alert: { rule: "morning", entity: "db07" },
    });
    expect((await schedulesOf(app))[0]?.lastRun?.alertId).toBe(body["id"]);
    expect(await postJson(app, "/api/schedules/mornin/run", "")).toMatchObject({
      status: 404,
      body: { code: "schedule_unknown", hint: "Did you mean `morning`?" },
    });
    expect((await fetch(`${app.localUrl}/api/schedules/morning/run`)).status).toBe(405);
  });

  test("a token is asked for, as for the rest of the API", async () => {
    await using app = await startTestApp(`server: { tokens: { a: env:TOKEN } }\n${yaml}`, { TOKEN: "t0ken" });
    expect((await fetch(`${app.localUrl}/api/schedules`)).status).toBe(401);
    expect(await postJson(app, "/api/schedules/off/run", "")).toMatchObject({ status: 401 });
    expect(await schedulesOf(app, { authorization: "Bearer t0ken" })).toHaveLength(2);
  });
});

describe("on one database", () => {
  test("four processes run each time of each schedule once", async () => {
    await using server = await openPrivateServer(folder, silent);
    const url = new Secret(
      `postgres:///${server.database}?host=${encodeURIComponent(server.host)}&user=${server.user}`,
    );
    await using parts = new AsyncDisposableStack();
    const all = [
      morning(),
      morning({ name: "minutely", cron: "* * * * *" }),
      morning({ name: "later", cron: "1 9 * * *" }),
    ];
    let runs = 0;
    const processes = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const store = parts.use(await openStore({ dataDir: "/nowhere", url }, silent));
        return {
          store,
          open: async (clock: string) => await openSchedules(store, all, clockFrom(clock), () => void runs++),
        };
      }),
    );
    const running = await Promise.all(processes.map(async ({ open }) => await open("2026-11-23T08:59:59.000Z")));
    for (const one of running) parts.use(one).start();
    // All four came to the acceptance of both.
    await expect.poll(() => runs, { timeout: 5000 }).toBe(8);
    const lastRuns = async () =>
      await Promise.all(running.map(async (one) => (await one.list()).map(({ lastRun }) => lastRun?.alertId)));
    await expect.poll(lastRuns).not.toContainEqual([undefined, undefined, undefined]);
    const [ids] = await lastRuns();
    expect(await lastRuns()).toEqual([ids, ids, ids, ids]);
    const handled: string[] = [];
    const worker = processes[0]?.store.work(
      async ({ alert }) => void handled.push(`${alert.rule} ${alert.id}`),
      noBacklog,
    );
    await worker?.drain(AbortSignal.timeout(2000));
    expect(handled.toSorted()).toEqual([`minutely ${ids?.[1]}`, `morning ${ids?.[0]}`]);
  });

  test("what was missed is found after a restart, with the database's memory", async () => {
    const days = ["2026-11-22T12:00:00Z", "2026-11-23T09:20:00Z", "2026-11-23T09:21:00Z"];
    const runs: (string | undefined)[] = [];
    for (const [index, moment] of days.entries()) {
      await using store = await openStore({ dataDir: folder, url: undefined }, silent);
      await using schedules = await openSchedules(store, [morning()], clockFrom(moment));
      schedules.start();
      await expect.poll(async () => (await store.schedules.known()).size).toBe(1);
      if (index > 0) await expect.poll(async () => (await schedules.list())[0]?.lastRun).toBeTruthy();
      runs.push((await schedules.list())[0]?.lastRun?.alertId);
    }
    expect(runs[0]).toBeUndefined();
    expect(runs[1]).toBeDefined();
    expect(runs[2]).toBe(runs[1]);
  });
});

describe("on the command line", () => {
  test("they are listed with their next times, without a server", async () => {
    await writeFile(join(folder, "chartbell.yaml"), yaml);
    const { code, stdout } = await chartbell(["schedules"], { cwd: folder });
    expect(code).toBe(0);
    const [head, first, second, , off] = stdout.split("\n");
    expect(head).toMatch(/^NAME +CRON +ZONE +CHANNELS +PORTALS +NEXT$/u);
    expect(first).toMatch(
      /^morning +0 9 \* \* 1-5 +Europe\/Berlin +lobby +test +\w{3} \d{4}-\d\d-\d\d 09:00 \+0[12]:00, in \d+ \w+/u,
    );
    expect(second).toMatch(/^ +\w{3} \d{4}-\d\d-\d\d 09:00/u);
    expect(off).toMatch(/^off .* not enabled$/u);
    const json = await chartbell(["schedules", "--json"], { cwd: folder });
    const [parsed, other]: { next: string[] }[] = JSON.parse(json.stdout);
    expect(parsed?.next.map((time) => Date.parse(time) > Date.now())).toEqual([true, true, true]);
    expect(other?.next).toEqual([]);
  });

  test("one is run on demand, and what became of it is printed", async () => {
    await writeFile(join(folder, "chartbell.yaml"), yaml);
    const { code, stdout } = await chartbell(["schedules", "run", "off"], { cwd: folder });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^text → files: delivered .*\npicture → files: delivered .*\nportal test: ready/u);
    const unknown = await chartbell(["schedules", "run", "of"], { cwd: folder });
    expect([unknown.code, unknown.stderr]).toEqual([4, expect.stringContaining("Did you mean `off`?")]);
  });

  test("a picture that fails is the command's failure; the text is posted all the same", async () => {
    const broken = yaml.replace(
      "schedules:",
      'portals: { gone: { url: "http://127.0.0.1:1/?host=${entity}" } }\nschedules:',
    );
    await writeFile(join(folder, "chartbell.yaml"), broken.replaceAll("portals: [test]", "portals: [gone]"));
    const { code, stdout } = await chartbell(["schedules", "run", "off", "--json"], { cwd: folder });
    expect(code).toBe(5);
    expect(JSON.parse(stdout)).toMatchObject([
      { channel: "files", text: "off: gone", steps: [{ status: "delivered" }, {}], shots: [{ verdict: "failed" }] },
    ]);
  });
});
