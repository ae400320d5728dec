import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { listenRecording } from "../support/recording-server.ts";
import { handledBy, sendAlert, startService, until } from "../support/service.ts";

/* The log of `serve` as an operator has it: one id finds every line of an alert. */

interface Line {
  readonly msg: string;
  readonly alertId?: string;
  readonly alertIds?: readonly string[];
}

test("every line of an alert names it, from its acceptance to its end; a shared shot names all it was for", async () => {
  const folder = await mkdtemp(join(tmpdir(), "chartbell-log-"));
  await using room = await listenRecording();
  let refusals = 1;
  room.reply = (response) => void response.writeHead(refusals-- > 0 ? 500 : 204).end();
  const service = await startService(
    folder,
    `
channels:
  ops: { kind: hipchat, host: "${room.url}", room: Ops, messageToken: env:TOKEN, notificationToken: env:TOKEN }
portals:
  gone: { url: "http://127.0.0.1:1/?\${entity}" }
routes:
  - { match: { rule: "cpu*" }, channels: [ops], portals: [test] }
  - { match: { rule: "gone*" }, channels: [ops], portals: [gone] }
`,
  );
  try {
    // Two alerts want the same picture at the same time.
    const answer = await fetch(`${service.url}/api/alerts`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ alerts: ["cpu_high", "cpu_low"].map((rule) => ({ rule, entity: "web01" })) }),
    });
    const { alerts }: { alerts: { id: string }[] } = JSON.parse(await answer.text());
    const ids = alerts.map(({ id }) => id);
    expect(ids).toHaveLength(2);
    const gone = await sendAlert(service.url, { rule: "gone" });
    const linesOf = (id: string | undefined): readonly Line[] =>
      service.said.filter((line) => line.includes(`"${id}"`)).map((line): Line => JSON.parse(line));
    for (const id of [...ids, gone]) await handledBy(service.url, id ?? "");
    await until("all is logged", async () =>
      [...ids, gone].every(
        (id) =>
          linesOf(id).some(({ msg }) => msg === "Alert handled." || msg === "Alert waits.") &&
          linesOf(id).filter(({ msg }) => msg === "Delivered.").length === 2,
      ),
    );

    for (const id of ids) {
      const lines = linesOf(id);
      expect(lines.every(({ alertId, alertIds = [] }) => [alertId, ...alertIds].includes(id))).toBe(true);
      const said = lines.map(({ msg }) => msg);
      expect(said[0]).toBe("Alert accepted.");
      expect(said.filter((msg) => msg === "Delivered.")).toHaveLength(2);
      expect(said.filter((msg) => msg === "Shot taken.")).toHaveLength(1);
    }
    const shots = service.said.filter((line) => line.includes("Shot taken."));
    expect(shots).toHaveLength(1);
    expect(shots[0]).toContain(ids[0]);
    expect(shots[0]).toContain(ids[1]);
    // The room refused the first message: that one waited, and those after it.
    const hold = service.said.filter((line) => line.includes("takes nothing at the moment"));
    expect(hold.length).toBeGreaterThan(0);
    expect(hold.every((line) => [...ids, gone].some((id) => line.includes(`"alertId":"${id}"`)))).toBe(true);
    expect(linesOf(ids[0]).map(({ msg }) => msg)).toEqual(expect.arrayContaining(["Delivery waits.", "Alert waits."]));
    expect(linesOf(gone).map(({ msg }) => msg)).toEqual(
      expect.arrayContaining(["Alert accepted.", "Shot failed.", "No picture."]),
    );
    // Nothing was said about an alert without its name.
    const abouts = service.said.filter((line) => /Alert |Shot |Deliver|No picture|takes nothing/u.test(line));
    expect(abouts.filter((line) => !/"alertIds?":/u.test(line))).toEqual([]);
  } finally {
    await service.end();
    await rm(folder, { recursive: true, force: true });
  }
});
