import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { limits } from "../../src/core/limits.ts";
import { startFaultProxy } from "./fault-proxy.ts";
import type { FaultProxy } from "./fault-proxy.ts";
import { judge, outcomesOf } from "./promise.ts";
import type { Judgement } from "./promise.ts";
import { listenRecording } from "./recording-server.ts";
import type { RecordingServer } from "./recording-server.ts";
import { startSender } from "./sender.ts";
import { startService, until } from "./service.ts";

export interface FaultRun {
  readonly proxy: FaultProxy;
  readonly room: RecordingServer;
  /** Resolves when so many more alerts have been accepted, and as many requests more have come to the room. */
  readonly progress: (alerts: number, requests?: number) => Promise<void>;
}

export interface FaultResult extends Judgement {
  /** From the end of the fault until everything was handled, milliseconds. */
  readonly recoveryMs: number;
}

/** What a fault test may take at most: a try's time limit, the longest pause after it, and starting and stopping. */
export const faultTestMs = limits.deliveryTryMs + limits.deliveryBackoff.capMs + 45_000;

export interface FaultAlerts {
  readonly keys: readonly string[];
  /** Between two alerts of a key, milliseconds. */
  readonly pauseMs: number;
}

const fewAndOften: FaultAlerts = { keys: ["disk", "cpu", "net", "ram"], pauseMs: 40 };

/**
 * Runs `chartbell serve` with a room behind a fault proxy while alerts come in: peace, `trouble`, peace again; then holds
 * what was promised against what stands in the room.
 */
export async function runFault(
  trouble: (run: FaultRun) => Promise<void>,
  { keys, pauseMs }: FaultAlerts = fewAndOften,
): Promise<FaultResult> {
  const folder = await mkdtemp(join(tmpdir(), "chartbell-fault-"));
  await using room = await listenRecording();
  await using proxy = await startFaultProxy(room.port);
  const service = await startService(
    folder,
    `
channels: { ops: { kind: hipchat, host: "${proxy.url}", room: Ops, notificationToken: env:TOKEN } }
routes: [{ channels: [ops] }]
`,
  );
  const sender = startSender({ url: () => service.url, keys, pauseMs: () => pauseMs });
  const progress = async (alerts: number, requests = 0): Promise<void> => {
    const [alertsThen, requestsThen] = [sender.accepted.length + alerts, room.received.length + requests];
    const hasCome = async () => sender.accepted.length >= alertsThen && room.received.length >= requestsThen;
    await until(`${alerts} alerts and ${requests} requests more`, hasCome);
  };
  await progress(4, 4);
  await trouble({ proxy, room, progress });
  await proxy.set({ kind: "pass" });
  const endMs = performance.now();
  await progress(4);
  await sender.stop();
  const longestMs = limits.deliveryTryMs + limits.deliveryBackoff.capMs;
  const outcomes = await outcomesOf(() => service.url, sender.accepted, longestMs);
  const recoveryMs = performance.now() - endMs;
  const judgement = judge(sender.accepted, outcomes, room.received);
  await service.end(outcomes.size < sender.accepted.length ? "SIGKILL" : "SIGTERM");
  await rm(folder, { recursive: true, force: true });
  return { ...judgement, recoveryMs };
}
