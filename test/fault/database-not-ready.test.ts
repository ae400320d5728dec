import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { scrape } from "../support/exposition.ts";
import { descendants } from "../support/processes.ts";
import { databasePid, startService, until } from "../support/service.ts";

/* The database away under a running service: it is not ready meanwhile and says so, and ready again when it is back. */

const config = "channels: { lobby: { kind: room, room: Lobby } }";

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "chartbell-fault-"));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test("killed, /readyz says 503 with the reason until it is back", async () => {
  await inFolder(async (folder) => {
    const service = await startService(folder, config);
    const ready = async () => await fetch(`${service.url}/readyz`);
    expect((await ready()).status).toBe(200);
    process.kill(await databasePid(folder), "SIGKILL");
    let refused: Response | undefined;
    await until("it is not ready", async () => {
      const answer = await ready();
      if (answer.status === 503) refused = answer;
      return answer.status === 503;
    });
    expect(refused?.headers.get("content-type")).toContain("application/problem+json");
    expect(refused?.headers.get("retry-after")).toBe("2");
    expect(await refused?.json()).toMatchObject({
      status: 503,
      code: "store_unavailable",
      title: "The database is not there at the moment.",
      parts: { alerts: { ok: true }, database: { ok: false }, browser: { ok: true } },
    });
    await until("it is ready again", async () => (await ready()).status === 200);
    expect((await scrape(service.url)).get("chartbell_database_up")).toBe(1);
    await service.end();
  });
});

test("hanging, it is not waited for: /readyz and /metrics answer within their limit, without old numbers", async () => {
  await inFolder(async (folder) => {
    const service = await startService(folder, config);
    expect((await scrape(service.url)).get("chartbell_alerts_unhandled")).toBe(0);
    // The pool has a connection by now; every process of the server is stopped with its group.
    const pid = await databasePid(folder);
    const stopAll = (signal: NodeJS.Signals): void => {
      for (const one of [pid, ...descendants(pid).map((child) => child.pid)]) process.kill(one, signal);
    };
    stopAll("SIGSTOP");
    const refused = await fetch(`${service.url}/readyz`);
    expect(await refused.json()).toMatchObject({
      code: "store_unavailable",
      title: "The database did not answer within 2 s.",
    });
    const numbers = await scrape(service.url);
    expect(numbers.get("chartbell_database_up")).toBe(0);
    for (const name of ["chartbell_alerts_unhandled", "chartbell_queue_age_seconds"]) {
      expect(numbers.has(name)).toBe(false);
    }
    expect(numbers.get("chartbell_alerts_accepted_total")).toBe(0);
    stopAll("SIGCONT");
    await until("it is ready again", async () => (await fetch(`${service.url}/readyz`)).status === 200);
    expect((await scrape(service.url)).get("chartbell_alerts_unhandled")).toBe(0);
    await service.end();
  });
});
