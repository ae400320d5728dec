import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createLog } from "../../src/core/log.ts";
import type { Backlog, PendingAlert, Store } from "../../src/store/contract.ts";
import { createMemoryStore } from "../../src/store/memory.ts";
import { openStore } from "../../src/store/open.ts";
import { alertOf } from "../support/pipeline.ts";
import { arriving, decider, statusesOf } from "../support/windows.ts";

/* What src/store/contract.ts promises of windows, of every store. */

const log = createLog({ level: "silent", pretty: false });
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "chartbell-windows-"));
});
afterAll(async () => await rm(folder, { recursive: true, force: true }));

const stores: readonly (readonly [string, () => Promise<Store>])[] = [
  ["memory", async () => createMemoryStore(log)],
  ["PostgreSQL", async () => await openStore({ dataDir: folder, url: undefined }, log)],
];

const accepted = new Date("2026-03-01T12:30:45Z");
const after = (ms: number): Date => new Date(accepted.getTime() + ms);
const delayed = [{ channels: ["ops"], open: { delay: "2m" } }, { channels: ["lobby"] }];

describe.each(stores)("%s", (_name, open) => {
  let store: Store;
  /** What was said, in the order of saying: handed out, or from a backlog. */
  const said: string[] = [];
  const say = async (id: string, words: string): Promise<void> => {
    const name = { deliveryId: id, position: 0, kind: "text" } as const;
    expect(await store.beginAttempt(name)).toBe("begun");
    await store.endStep(name, { kind: "text", status: "delivered", attempts: 1, afterMs: 1 }, undefined);
    await store.endDelivery(id, words);
    said.push(words);
  };
  const handle = async ({ alert, deliveries }: PendingAlert): Promise<void> => {
    for (const { id, plan } of deliveries) await say(id, `${alert.rule} ${alert.status} → ${plan.channel}`);
  };
  const empty = async (backlog: Backlog): Promise<undefined> => {
    for (const { id, alert, plan } of await backlog.next())
      await say(id, `${alert.rule} ${alert.status} ⇒ ${plan.channel}`);
  };
  const saidOf = (rule: string): readonly string[] => said.filter((words) => words.startsWith(`${rule} `));
  beforeAll(async () => {
    store = await open();
    const worker = store.work(handle, empty);
    return async () => {
      await worker.drain(AbortSignal.timeout(5000));
      await store[Symbol.asyncDispose]();
    };
  });

  test("lets the alerts of a key into its window in order, of one request and of the next ones", async () => {
    const { decide, made } = decider(undefined);
    const first = [arriving("order"), arriving("other"), arriving("order")];
    await store.accept(first, undefined, decide);
    await store.accept([arriving("order")], "key", decide);
    expect(statusesOf(made)).toEqual(["OPEN", "OPEN", "REPEAT", "REPEAT"]);
    expect(made.map(({ window }) => window?.repeats)).toEqual([0, 0, 1, 2]);
    const kept = await store.outcome(first[2]?.alert.id ?? "");
    expect(kept?.alert).toEqual(made[2]?.alert);
    expect(kept?.deliveries).toMatchObject([{ channel: "ops", state: "delivered" }]);
  });

  test("of alerts at the same moment only one opens the window", async () => {
    const { decide, made } = decider(undefined);
    await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        await store.accept([arriving("race")], index % 2 === 0 ? undefined : `race-${index}`, decide);
      }),
    );
    expect(statusesOf(made).filter((status) => status === "OPEN")).toHaveLength(1);
    expect(made.map(({ window }) => window?.repeats).toSorted((a = 0, b = 0) => a - b)).toEqual(
      Array.from({ length: 20 }, (_, index) => index),
    );
  });

  test("a repeated key enters no window again", async () => {
    const { decide, made } = decider(undefined);
    await store.accept([arriving("twice")], "twice", decide);
    await store.accept([arriving("twice")], "twice", decide);
    expect(made).toHaveLength(1);
  });

  test("what is kept as it is, and what happens once, has no window", async () => {
    const { decide, made } = decider(undefined);
    await store.accept([arriving("none")], undefined);
    await store.accept([arriving("none", { once: true })], undefined, decide);
    expect(made).toMatchObject([{ window: undefined }]);
    expect((await store.windows.open(1000)).filter(({ rule }) => rule === "none")).toEqual([]);
  });

  test("lists what is open, what opened last first", async () => {
    const [{ decide }, { decide: cancel }] = [decider(undefined), decider("CANCEL")];
    await store.accept([arriving("list-a", { acceptedAt: after(1), entity: "NUL \u0000" })], undefined, decide);
    await store.accept([arriving("list-b", { acceptedAt: after(2) }), arriving("list-c")], undefined, decide);
    await store.accept([arriving("list-c")], undefined, cancel);
    const listed = (await store.windows.open(1000)).filter(({ rule }) => rule.startsWith("list-"));
    expect(listed.map(({ rule }) => rule)).toEqual(["list-b", "list-a"]);
    expect(listed[1]).toMatchObject({ status: "OPEN", entity: "NUL \u0000", openedAt: after(1), repeats: 0 });
    expect(await store.windows.open(1)).toHaveLength(1);
  });

  test("a delayed message is said when its time has come, once", async () => {
    const { decide, made } = decider(undefined, delayed);
    const one = arriving("late");
    await store.accept([one], undefined, decide);
    const [ops, lobby] = made[0]?.deliveries ?? [];
    expect([ops?.delayedUntil, lobby?.delayedUntil]).toEqual([after(120_000), undefined]);
    await expect.poll(() => saidOf("late")).toEqual(["late OPEN → lobby"]);
    expect(await store.windows.release(after(119_999))).toBe(0);
    expect(await store.find(one.alert.id)).toMatchObject({ state: "accepted" });
    const released = await Promise.all([1, 2, 3].map(async () => await store.windows.release(after(120_000))));
    expect(released.reduce((sum, one) => sum + one)).toBe(1);
    expect(await store.outcome(one.alert.id)).toMatchObject({ state: "handled" });
    expect(saidOf("late")).toEqual(["late OPEN → lobby", "late OPEN ⇒ ops"]);
    expect(await store.windows.release(after(240_000))).toBe(0);
  });

  test("a CANCEL within the delay drops the message, and is not said there either; nor are REPEATs before", async () => {
    const [{ decide }, { decide: cancel }] = [decider(undefined, delayed), decider("CANCEL", delayed)];
    const [opened, cancelled] = [arriving("short"), arriving("short")];
    await store.accept([opened, arriving("short")], undefined, decide);
    await store.accept([cancelled], undefined, cancel);
    await store.outcome(cancelled.alert.id);
    expect(saidOf("short")).toEqual(["short OPEN → lobby", "short REPEAT → lobby", "short CANCEL → lobby"]);
    expect(await store.windows.release(after(240_000))).toBe(0);
    expect((await store.outcome(opened.alert.id))?.deliveries).toMatchObject([
      { channel: "ops", state: "silent" },
      { channel: "lobby", state: "delivered" },
    ]);
  });

  test("also where OPEN and CANCEL come in one request", async () => {
    const [{ decide: open_ }, { decide: cancel }] = [decider("OPEN", delayed), decider("CANCEL", delayed)];
    const [opened, cancelled] = [arriving("blink"), arriving("blink")];
    await store.accept([opened, cancelled], undefined, (alert, window) =>
      alert === opened.alert ? open_(alert, window) : cancel(alert, window),
    );
    await store.outcome(cancelled.alert.id);
    expect(saidOf("blink")).toEqual(["blink OPEN → lobby", "blink CANCEL → lobby"]);
    expect((await store.outcome(opened.alert.id))?.deliveries[0]).toMatchObject({ state: "silent", text: "" });
  });

  test("after the delay the CANCEL is said", async () => {
    const [{ decide }, { decide: cancel }] = [decider(undefined, delayed), decider("CANCEL", delayed)];
    const [opened, cancelled] = [arriving("long"), arriving("long")];
    await store.accept([opened], undefined, decide);
    expect(await store.windows.release(after(120_000))).toBe(1);
    await store.outcome(opened.alert.id);
    await store.accept([cancelled], undefined, cancel);
    await store.outcome(cancelled.alert.id);
    expect(saidOf("long").filter((words) => words.endsWith("ops"))).toHaveLength(2);
  });

  test("ends windows that nothing was heard of, each once, and lets an alert in that came meanwhile", async () => {
    // A channel of its own: that of the others may still have a backlog.
    const routes = [{ channels: ["quiet"] }];
    const [{ decide }, cancelling] = [decider(undefined, routes), decider("CANCEL", routes)];
    const old = { acceptedAt: new Date("2026-02-01T00:00:00Z") };
    await store.accept([arriving("still", old), arriving("alive", old)], undefined, decide);
    await store.accept([arriving("alive")], undefined, decide);
    const cancel = ({ rule }: { readonly rule: string }) => ({
      ...alertOf({ rule, status: "CANCEL" }),
      id: randomUUID(),
    });
    const before = new Date("2026-02-15T00:00:00Z");
    const ended = await Promise.all(
      [1, 2].map(async () => await store.windows.endSilent(before, cancel, cancelling.decide)),
    );
    expect(ended.flat().map(({ alert }) => alert.rule)).toEqual(["still"]);
    expect(cancelling.made).toMatchObject([{ alert: { status: "CANCEL", window: { before: "OPEN" } } }]);
    await store.outcome(ended.flat()[0]?.alert.id ?? "");
    expect(saidOf("still")).toEqual(["still OPEN → quiet", "still CANCEL → quiet"]);
    const openRules = (await store.windows.open(1000)).map(({ rule }) => rule);
    expect([openRules.includes("alive"), openRules.includes("still")]).toEqual([true, false]);
  });
});
