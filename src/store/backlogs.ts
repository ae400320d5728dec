import { randomUUID } from "node:crypto";
import type { AlertStatus } from "../core/alert.ts";
import type { Plan } from "../core/delivery.ts";
import { limits } from "../core/limits.ts";
import type { BacklogSource, LeasedBacklog } from "./backlog-worker.ts";
import * as sql from "./backlog-statements.ts";
import type { Hold, WaitingDelivery } from "./contract.ts";
import { persisting } from "./database.ts";
import type { Database } from "./database.ts";
import { alertOf, pendingDeliveryOf } from "./rows.ts";
import type { AlertRow, StepRow } from "./rows.ts";
import { alertsOf, stepsOfDeliveries } from "./statements.ts";

/** The backlogs of the database. */
export interface Backlogs extends BacklogSource {
  /** Names this process in the leases. */
  readonly holder: string;
  hold(deliveryId: string, hold: Hold): Promise<void>;
  /** Says that this process still works on these channels. */
  touch(channels: readonly string[]): Promise<void>;
}

interface WaitingRow {
  readonly id: string;
  readonly alert_id: string;
  readonly plan: Plan;
  readonly retried_at: Date | null;
  readonly ids: string[] | null;
  readonly statuses: AlertStatus[] | null;
  readonly since: Date | null;
  readonly superseded_by: string | null;
}

export function createBacklogs(database: Database): Backlogs {
  const holder = randomUUID();
  const keep = async (text: string, values: readonly unknown[]): Promise<void> => {
    await persisting(limits.databaseRetryMs.receipt, async () => await database.query(text, values));
  };
  const lease = (channel: string, failures: number): LeasedBacklog => ({
    channel,
    failures,
    next: async () => await waitingOf(database, channel),
    async release(hold) {
      if (hold === undefined) {
        await persisting(limits.databaseRetryMs.receipt, async () => await close(database, channel, holder));
      } else {
        await keep(sql.release, [channel, holder, hold.waitMs, JSON.stringify(hold.failure), failuresOf(hold)]);
      }
    },
  });
  return {
    holder,
    async hold(deliveryId, hold) {
      await keep(sql.hold, [deliveryId, hold.waitMs, JSON.stringify(hold.failure), failuresOf(hold)]);
    },
    async lease(count) {
      const values = [holder, count, limits.workerSilenceMs];
      const rows = await database.query<{ channel: string; failures: number }>(sql.claim, values);
      if (rows.length > 0) await database.query(sql.markUnknown, [rows.map(({ channel }) => channel)]);
      return rows.map(({ channel, failures }) => lease(channel, failures));
    },
    async dueInMs() {
      const [row] = await database.query<{ ms: number }>(sql.nextDue, []);
      return row?.ms;
    },
    async touch(channels) {
      await database.query(sql.touch, [holder, limits.workerSilenceMs, channels]);
    },
  };
}

/** Takes over what a dead process held; only where no other process uses the database. */
export async function releaseBacklogs(database: Database): Promise<void> {
  await database.query(sql.releaseAll, []);
}

/** A rate limit is no failure of the channel. */
function failuresOf({ failure }: Hold): number {
  return failure.code === "delivery_limited" || failure.code === "channel_busy" ? 0 : 1;
}

async function close(database: Database, channel: string, holder: string): Promise<void> {
  await database.transaction(async (query) => {
    await query(sql.lock, [channel, holder]);
    await query(sql.close, [channel, holder, limits.turnPollMs]);
  });
}

async function waitingOf({ query }: Database, channel: string): Promise<readonly WaitingDelivery[]> {
  const rows = await query<WaitingRow>(sql.next, [channel, limits.backlogBatch, limits.deliveryTriesInRow]);
  if (rows.length === 0) return [];
  const [alerts, steps] = await Promise.all([
    query<AlertRow>(alertsOf, [[...new Set(rows.map(({ alert_id }) => alert_id))]]),
    query<StepRow>(stepsOfDeliveries, [rows.map(({ id }) => id)]),
  ]);
  const alertById = new Map(alerts.map((row) => [row.id, alertOf(row)]));
  return rows.flatMap((row): WaitingDelivery[] => {
    const alert = alertById.get(row.alert_id);
    if (alert === undefined) return [];
    const { ids, statuses, since, superseded_by, retried_at } = row;
    return [
      {
        ...pendingDeliveryOf(row, steps),
        alert,
        dueSince: retried_at ?? alert.acceptedAt,
        earlier: { deliveryIds: ids ?? [], statuses: statuses ?? [], since: since ?? undefined },
        supersededBy: superseded_by ?? undefined,
      },
    ];
  });
}
