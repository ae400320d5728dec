import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { listenRecording } from "../support/recording-server.ts";
import { handledBy, removeFolder, sendAlert, startService, until } from "../support/service.ts";

/* kill -9 while an OPEN waits for its route's delay: it is said after the next start, unless it was over before. */

test(
  "an OPEN that waits is said once by the next start; one whose CANCEL came is not",
  { timeout: 120_000 },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "chartbell-fault-"));
    await using room = await listenRecording();
    const yaml = `
channels: { ops: { kind: hipchat, host: "${room.url}", room: Ops, notificationToken: env:TOKEN } }
routes: [{ channels: [ops], open: { delay: 6s, text: "\${status} \${rule}" }, cancel: { text: "\${status} \${rule}" } }]
`;
    const texts = (): string[] =>
      room.received.map(({ body }) => {
        const { message }: { message: string } = JSON.parse(body.toString());
        return message;
      });
    const first = await startService(folder, yaml);
    const open = await sendAlert(first.url, { rule: "lasting" });
    const short = await sendAlert(first.url, { rule: "short" });
    const over = await sendAlert(first.url, { rule: "short", status: "CANCEL" });
    await handledBy(first.url, over ?? "");
    await first.end("SIGKILL");
    expect(texts()).toEqual([]);

    const next = await startService(folder, yaml);
    try {
      await until("the OPEN is said", async () => texts().length > 0);
      expect((await handledBy(next.url, open ?? "")).deliveries).toMatchObject([{ state: "delivered" }]);
      expect((await handledBy(next.url, short ?? "")).deliveries).toMatchObject([{ state: "silent" }]);
      const end = await sendAlert(next.url, { rule: "lasting", status: "CANCEL" });
      await handledBy(next.url, end ?? "");
      expect(texts()).toEqual(["OPEN lasting", "CANCEL lasting"]);
    } finally {
      await next.end();
      await removeFolder(folder);
    }
  },
);
