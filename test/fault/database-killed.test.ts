import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { listenRecording } from "../support/recording-server.ts";
import { databasePid, handledBy, sendAlert, startService } from "../support/service.ts";

/* kill -9 of the database under a running service: accepting pauses, nothing is lost. */

test("killed twice while alerts come in, every alert is accepted and delivered", async () => {
  const folder = await mkdtemp(join(tmpdir(), "chartbell-fault-"));
  await using room = await listenRecording();
  const service = await startService(
    folder,
    `
channels: { ops: { kind: hipchat, host: "${room.url}", room: Ops, notificationToken: env:TOKEN } }
routes: [{ channels: [ops] }]
`,
  );
  const ids: (string | undefined)[] = [];
  for (const round of [1, 2]) {
    const before = Array.from(
      { length: 5 },
      async (_, index) => await sendAlert(service.url, { rule: `b${round}-${index}-` }),
    );
    ids.push(await sendAlert(service.url, { rule: `first${round}-` }));
    process.kill(await databasePid(folder), "SIGKILL");
    const after = Array.from(
      { length: 5 },
      async (_, index) => await sendAlert(service.url, { rule: `a${round}-${index}-` }),
    );
    ids.push(...(await Promise.all([...before, ...after])));
    ids.push(await sendAlert(service.url, { rule: `last${round}-` }));
    for (const id of ids) await handledBy(service.url, id ?? "none");
  }
  expect(ids.every((id) => id !== undefined)).toBe(true);
  for (const id of ids) {
    const { deliveries, rule } = await handledBy(service.url, id ?? "none");
    expect(deliveries[0]?.steps).toMatchObject([{ status: "delivered" }]);
    expect(room.received.filter(({ body }) => body.includes(`] ${rule}<`))).toHaveLength(1);
  }
  await service.end();
  await rm(folder, { recursive: true, force: true });
});
