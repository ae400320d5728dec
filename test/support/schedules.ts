import type { Clock } from "../../src/core/clock.ts";
import { createMetrics } from "../../src/core/metrics.ts";
import { Portal } from "../../src/core/portal.ts";
import { Schedule } from "../../src/core/schedule.ts";
import { directory } from "../../src/destinations/directory.ts";
import { createImaging } from "../../src/image/imaging.ts";
import { createPipeline } from "../../src/pipeline/pipeline.ts";
import { createSchedules } from "../../src/pipeline/schedules.ts";
import type { Schedules } from "../../src/pipeline/schedules.ts";
import { createLiveSettings } from "../../src/pipeline/settings.ts";
import { createShooter } from "../../src/pipeline/shoot.ts";
import type { Store } from "../../src/store/contract.ts";
import { scheduledRun } from "../../src/triggers/schedule.ts";
import { channelOf } from "./pipeline.ts";
import { openDriver, silent } from "./web-driver.ts";

/** A schedule of every day at 09:00 UTC for the portal `cpu` and the channel `ops`. */
export const morning = (more: object = {}): Schedule =>
  Schedule.parse({ name: "morning", cron: "0 9 * * *", portals: ["cpu"], channels: ["ops"], ...more });

/** Schedules above a store, with a pipeline that accepts and handles nothing. `onRun` hears of each run before it is accepted. */
export async function openSchedules(
  store: Store,
  schedules: readonly Schedule[],
  clock: Clock,
  onRun: () => void = () => undefined,
): Promise<Schedules> {
  const portals = new Map([["cpu", Portal.parse({ url: "http://127.0.0.1:1/", title: "CPU" })]]);
  const options = directory.options.parse({ kind: "directory", path: "nowhere" });
  const roomServer = (): never => {
    throw new Error("There is no room server.");
  };
  const destination = await directory.open(options, { baseDir: "/nowhere", roomServer });
  const metrics = createMetrics({ version: "test", channels: [] });
  const { pictures } = store;
  const imaging = createImaging();
  const shooter = createShooter({ driver: openDriver(), imaging, clock, pictures, log: silent, metrics });
  const channels = new Map([["ops", channelOf(destination)]]);
  const settings = createLiveSettings({
    channels,
    reachable: channels,
    portals,
    routes: [],
    roomPortals: new Map(),
    code: {},
    silence: undefined,
    [Symbol.asyncDispose]: async () => await destination[Symbol.asyncDispose](),
  });
  return createSchedules({
    schedules,
    settings,
    pipeline: createPipeline({ store, settings, shooter, pictures, clock, log: silent, metrics, random: Math.random }),
    memory: store.schedules,
    runOf(...run) {
      onRun();
      return scheduledRun(...run);
    },
    clock,
    log: silent,
  });
}
