import { expect, test } from "vitest";
import { useStage } from "../support/stage.ts";
import { handledBy, isAlive, sendAlert, startService, until } from "../support/service.ts";

/* The end of the service on request: what is underway is finished, and who insists is obeyed. */

const stage = useStage();

const config = (): string => `
channels: { ops: { kind: hipchat, host: "${stage.room.url}", room: Ops, notificationToken: env:TOKEN } }
routes: [{ channels: [ops] }]
`;

test("SIGTERM lets a message that is on its way arrive", async () => {
  const service = await startService(stage.folder, config());
  const isHeld = Promise.withResolvers<() => void>();
  stage.room.reply = (response) => isHeld.resolve(() => void response.writeHead(204).end());
  await sendAlert(service.url, { rule: "held" });
  const answer = await isHeld.promise;
  const ended = service.end("SIGTERM");
  await until("it takes no more alerts", async () => (await sendAlert(service.url, { rule: "late" })) === undefined);
  expect(await isAlive(service.pid)).toBe(true);
  answer();
  await ended;
  const again = await startService(stage.folder, config());
  stage.room.reply = (response) => void response.writeHead(204).end();
  await handledBy(again.url, (await sendAlert(again.url, { rule: "next" })) ?? "");
  expect(stage.room.received).toHaveLength(2);
  await again.end();
});

test("a second signal ends it at once, and the next start delivers what was underway", async () => {
  const service = await startService(stage.folder, config());
  const isHeld = Promise.withResolvers<void>();
  stage.room.reply = () => isHeld.resolve();
  const id = await sendAlert(service.url, { rule: "held" });
  await isHeld.promise;
  const ended = service.end("SIGTERM");
  await until("it stops", async () => service.said.some((line) => line.includes("Chartbell stops.")));
  const startedMs = performance.now();
  process.kill(service.pid, "SIGTERM");
  await ended;
  // Its drain alone would take until the room's time is over.
  expect(performance.now() - startedMs).toBeLessThan(5000);
  stage.room.reply = (response) => void response.writeHead(204).end();
  const again = await startService(stage.folder, config());
  const { deliveries } = await handledBy(again.url, id ?? "");
  expect(deliveries[0]?.steps).toMatchObject([{ status: "delivered", unknownAttempts: 1 }]);
  await again.end();
});
