import { expect, test } from "vitest";
import { useStage } from "../support/stage.ts";
import { alertBy, databasePid, handledBy, isAlive, sendAlert, startService, until } from "../support/service.ts";

/* kill -9 of the service: what it accepted is delivered by the next start, in order, and nothing twice that was heard of. */

const stage = useStage();

const config = (onUnknown = "resend"): string => `
channels: { ops: { kind: hipchat, host: "${stage.room.url}", room: Ops, notificationToken: env:TOKEN, onUnknown: ${onUnknown} } }
routes: [{ channels: [ops] }]
`;
const messages = (): string[] =>
  stage.room.received.map(({ body }) => {
    const { message }: { message: string } = JSON.parse(body.toString());
    return message;
  });
const indexesOf = (text: string): number[] =>
  messages().flatMap((message, index) => (message.includes(text) ? [index] : []));

test("killed three times among its deliveries, it delivers every accepted alert, in order per key", async () => {
  const accepted: { readonly id: string; readonly rule: string; readonly status: string }[] = [];
  let service = await startService(stage.folder, config());
  for (const round of [1, 2, 3]) {
    const rules = Array.from({ length: 8 }, (_, index) => `rule-${round}-${index}-`);
    const killAt = stage.room.received.length + 5 * round;
    const { promise: isTime, resolve: kill } = Promise.withResolvers<void>();
    stage.room.reply = (response) => {
      // The message of this moment is in the room, and its sender never hears of it.
      if (stage.room.received.length === killAt) kill();
      else response.writeHead(204).end();
    };
    const sending = (async () => {
      for (const status of ["OPEN", "CANCEL"]) {
        for (const rule of rules) {
          const id = await sendAlert(service.url, { rule, status });
          if (id !== undefined) accepted.push({ id, rule, status });
        }
      }
    })();
    await Promise.race([isTime, sending.then(async () => await new Promise((resolve) => setTimeout(resolve, 200)))]);
    await service.end("SIGKILL");
    await sending;
    stage.room.reply = (response) => void response.writeHead(204).end();
    service = await startService(stage.folder, config());
  }
  expect(accepted.length).toBeGreaterThan(15);
  let unknown = 0;
  for (const { id, rule, status } of accepted) {
    const { deliveries } = await handledBy(service.url, id);
    const [step] = deliveries[0]?.steps ?? [];
    expect(step).toMatchObject({ status: "delivered" });
    const unheard = step?.unknownAttempts ?? 0;
    unknown += unheard;
    const times = indexesOf(`[${status}] ${rule}`).length;
    expect(times).toBeGreaterThanOrEqual(1);
    expect(times).toBeLessThanOrEqual(1 + unheard);
  }
  for (const { rule } of accepted.filter(({ status }) => status === "CANCEL")) {
    const opened = indexesOf(`[OPEN] ${rule}`);
    expect(opened.at(-1) ?? -1).toBeLessThan(indexesOf(`[CANCEL] ${rule}`)[0] ?? -1);
  }
  expect(unknown).toBeGreaterThanOrEqual(1);
  await service.end();
});

test("where the channel says mark, a message without an answer is recorded as unknown and not sent again", async () => {
  const { promise: isSending, resolve } = Promise.withResolvers<void>();
  stage.room.reply = () => resolve();
  const first = await startService(stage.folder, config("mark"));
  const id = (await sendAlert(first.url, { rule: "doubtful" })) ?? "";
  await isSending;
  await first.end("SIGKILL");
  stage.room.reply = (response) => void response.writeHead(204).end();
  const second = await startService(stage.folder, config("mark"));
  const { deliveries } = await handledBy(second.url, id);
  expect(deliveries[0]?.steps).toMatchObject([
    { status: "unknown", failure: { code: "delivery_unknown" }, unknownAttempts: 1 },
  ]);
  expect(messages()).toHaveLength(1);
  await second.end();
});

test("killed while it sends the picture, it sends the same picture again and the text with its receipt not", async () => {
  const yaml = `
channels: { ops: { kind: hipchat, host: "${stage.room.url}", room: Ops, messageToken: env:TOKEN, notificationToken: env:TOKEN } }
portals: { page: { url: "${stage.room.url}/page", viewport: { width: 320, height: 200 } } }
routes: [{ channels: [ops], portals: [page] }]
`;
  const requests = (part: string): number => stage.room.received.filter(({ url }) => url.includes(part)).length;
  const page = (color: string): string =>
    `<!doctype html><style>body{margin:0}div{width:200px;height:100px;background:${color}}</style><div></div>`;
  const { promise: isSending, resolve } = Promise.withResolvers<void>();
  stage.room.reply = (response, { url = "" }) => {
    if (url.startsWith("/page"))
      response.setHeader("content-type", "text/html").end(page(requests("/share/file") === 0 ? "#258" : "#d22"));
    else if (url.includes("/share/file") && requests("/share/file") === 1) resolve();
    else response.writeHead(204).end();
  };
  const first = await startService(stage.folder, yaml);
  const id = (await sendAlert(first.url, { rule: "pictured" })) ?? "";
  await isSending;
  // A storage that is slower than limits.pictureKeepWaitMs goes on beside the sending.
  await until("the picture is kept", async () => {
    const sha256 = (await alertBy(first.url, id))?.deliveries[0]?.shots[0]?.picture?.sha256;
    return sha256 !== undefined && (await fetch(`${first.url}/api/pictures/${sha256}`)).ok;
  });
  await first.end("SIGKILL");
  const second = await startService(stage.folder, yaml);
  const { deliveries } = await handledBy(second.url, id);
  expect(deliveries[0]?.steps).toMatchObject([
    { kind: "text", status: "delivered", attempts: 1 },
    { kind: "picture", status: "delivered", attempts: 2, unknownAttempts: 1 },
  ]);
  expect([requests("/notification"), requests("/share/file")]).toEqual([1, 2]);
  const { sha256 = "" } = deliveries[0]?.shots[0]?.picture ?? {};
  const kept = await fetch(`${second.url}/api/pictures/${sha256}`);
  const bytes = Buffer.from(await kept.arrayBuffer());
  expect(kept.headers.get("content-type")).toBe("image/png");
  // The page looks different by now; the picture shows the moment of the alert.
  const sent = stage.room.received.filter(({ url }) => url.includes("/share/file"));
  expect(sent.map(({ body }) => body.includes(bytes))).toEqual([true, true]);
  await second.end();
});

test("its database ends with it, and with a stop of its own", async () => {
  const killed = await startService(stage.folder, config());
  const orphan = await databasePid(stage.folder);
  expect(await isAlive(orphan)).toBe(true);
  await killed.end("SIGKILL");
  await until("the orphan is gone", async () => !(await isAlive(orphan)), 5000);
  const stopped = await startService(stage.folder, config());
  const child = await databasePid(stage.folder);
  await stopped.end();
  expect(await isAlive(child)).toBe(false);
});
