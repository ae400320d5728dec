import { afterEach, expect, test } from "vitest";
import { chartbell } from "../support/cli.ts";
import { useStage } from "../support/stage.ts";
import { handledBy, sendAlert, sendAlerts, startService, until } from "../support/service.ts";
import type { Service } from "../support/service.ts";

/* A room that is rate-limited, refuses, is away or never answers: nothing is lost, and nothing else waits for it. */

const stage = useStage();
let service: Service;
afterEach(async () => await service.end());

const channel = (name: string): string =>
  `  ${name}: { kind: hipchat, host: "${stage.room.url}", room: ${name}, notificationToken: env:TOKEN }`;
const config = (): string => `channels:\n${channel("ops")}\n${channel("lobby")}\nroutes: [{ channels: [ops] }]\n`;
const start = async (): Promise<void> => {
  service = await startService(stage.folder, config());
};
const sent = async (alert: unknown): Promise<string> => {
  const id = await sendAlert(service.url, alert);
  if (id === undefined) throw new Error("It was not accepted.");
  return id;
};
const textOf = (body: Buffer): string => {
  const { message }: { message: string } = JSON.parse(body.toString());
  return message;
};

/** Takes 30 messages a second and answers 429 beyond, as a HipChat server does in a minute; the texts it took. */
function limitRoom(): string[] {
  const taken: string[] = [];
  let window = 0;
  let count = 0;
  stage.room.reply = (response) => {
    const second = Math.floor(Date.now() / 1000);
    count = second === window ? count + 1 : 1;
    window = second;
    const reset = { "x-ratelimit-limit": "30", "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(second + 1) };
    if (count > 30) {
      response.writeHead(429, reset).end();
      return;
    }
    taken.push(textOf(stage.room.received.at(-1)?.body ?? Buffer.from("{}")));
    response.writeHead(204).end();
  };
  return taken;
}

test("a storm is drained by importance: the newest state of each alert, and how many came before it", async () => {
  await start();
  const taken = limitRoom();
  const rules = Array.from({ length: 20 }, (_, index) => `disk-${index}-`);
  const states = ["OPEN", ...Array.from({ length: 8 }, () => "REPEAT"), "CANCEL"];
  const ids: string[] = [];
  for (const status of states) {
    const alerts = rules.map((rule) => ({ rule, status, severity: "warning" }));
    ids.push(...(await sendAlerts(service.url, { alerts })));
  }
  ids.push(await sent({ rule: "late-but-fatal", severity: "fatal" }));
  const saidBeforeFatal = taken.length;
  await Promise.all(ids.map(async (id) => await handledBy(service.url, id)));
  const folded = taken.reduce(
    (sum, text) => sum + Number(/and (?<more>\d+) more/u.exec(text)?.groups?.["more"] ?? 0),
    0,
  );
  // Everything that was accepted was said, on its own or in a line.
  expect(taken.length + folded).toBe(ids.length);
  expect(folded).toBeGreaterThan(100);
  // Of each alert the last thing that the room heard is how it ended.
  for (const rule of rules) expect(taken.findLast((text) => text.includes(rule))).toContain("[CANCEL]");
  const fatal = taken.findIndex((text) => text.includes("late-but-fatal"));
  // At most what was on its way goes before it.
  expect(fatal - saidBeforeFatal).toBeLessThanOrEqual(31);
  const states429 = stage.room.received.length - taken.length;
  expect(states429).toBeLessThan(taken.length);
});

test("a room that is away for a while gets everything, in order of each alert, once it is back", async () => {
  await start();
  await handledBy(service.url, await sent({ rule: "before" }));
  stage.room.reply = (response) => void response.writeHead(503).end();
  const ids = [await sent({ rule: "disk", status: "OPEN" }), await sent({ rule: "cpu" })];
  await until("it was refused three times", async () => stage.room.received.length > 3);
  ids.push(await sent({ rule: "disk", status: "CANCEL" }));
  const backAt = stage.room.received.length;
  stage.room.reply = (response) => void response.writeHead(204).end();
  const handled = await Promise.all(ids.map(async (id) => await handledBy(service.url, id)));
  const texts = stage.room.received.slice(backAt).map(({ body }) => textOf(body));
  expect(texts).toHaveLength(2);
  expect(texts.find((text) => text.includes("disk"))).toMatch(/\[CANCEL\].*and 1 more since .* UTC \(1 OPEN\)/u);
  expect(handled.map(({ deliveries }) => deliveries[0]?.state)).toEqual(["folded", "delivered", "delivered"]);
});

test("a room that never answers holds up no other", async () => {
  await start();
  stage.room.reply = (response, request) => {
    if (request.url?.includes("/ops/") !== true) response.writeHead(204).end();
  };
  for (let index = 0; index < 450; index++) await sent({ rule: `hung-${index}` });
  const startedMs = performance.now();
  const id = await sent({ rule: "free", channels: ["lobby"] });
  const { deliveries } = await handledBy(service.url, id);
  expect(deliveries[0]?.state).toBe("delivered");
  // A try that is not answered takes 15 s.
  expect(performance.now() - startedMs).toBeLessThan(7500);
  await service.end("SIGKILL");
});

test("what was refused is a dead letter that can be listed and sent again, on the command line too", async () => {
  await start();
  stage.room.reply = (response) => void response.writeHead(401).end();
  const [first, second] = [await sent({ rule: "first" }), await sent({ rule: "second" })];
  for (const id of [first, second]) {
    expect((await handledBy(service.url, id)).deliveries[0]).toMatchObject({ state: "failed" });
  }
  const listen = service.url.replace("http://", "");
  const here = async (...args: string[]) =>
    await chartbell([...args, "--listen", listen], { cwd: stage.folder, env: { TOKEN: "t" } });
  const { stdout } = await here("deliveries", "--state", "failed", "--json");
  const { items }: { items: { id: string; rule: string; failure: { code: string } }[] } = JSON.parse(stdout);
  expect(items).toMatchObject([
    { rule: "second", failure: { code: "delivery_unauthorized" } },
    { rule: "first", failure: { code: "delivery_unauthorized" } },
  ]);
  stage.room.reply = (response) => void response.writeHead(204).end();
  const one = await here("retry", items[1]?.id ?? "");
  expect(one).toMatchObject({ code: 0, stdout: "1 put back into their channels' backlogs.\n" });
  expect((await handledBy(service.url, first)).deliveries[0]).toMatchObject({ state: "delivered" });
  expect(await here("retry", items[1]?.id ?? "")).toMatchObject({ code: 4 });
  expect((await here("retry", "--all", "--channel", "ops")).stdout).toMatch(/^1 put back/u);
  expect((await handledBy(service.url, second)).deliveries[0]).toMatchObject({ state: "delivered" });
  expect(stage.room.received.filter(({ body }) => textOf(body).includes("first"))).toHaveLength(2);
  expect((await here("deliveries")).stdout).toMatch(/delivered +ops +\[OPEN\] second/u);
});
