import type { Command } from "commander";
import { AppError } from "../core/errors.ts";
import { describeSchedule, nextTimes } from "../core/schedule.ts";
import type { Schedule } from "../core/schedule.ts";
import { isoInZone } from "../core/timezone.ts";
import { configOf, start, withConfig } from "./config-options.ts";
import type { ConfigFlags } from "./config-options.ts";
import { printDelivery, throwFailure } from "./outcome.ts";
import { commandLog, print, printJson, progress, table, warn } from "./terminal.ts";

interface ScheduleFlags extends ConfigFlags {
  readonly json?: boolean;
}

const listExamples = `
Examples:
  chartbell schedules                         every schedule with its next three times
  chartbell schedules --json
  chartbell schedules run morning             post what it posts, now`;

const runExamples = `
Examples:
  chartbell schedules run morning
  chartbell schedules run morning --config /etc/chartbell.yaml --json`;

/** `chartbell schedules` and `chartbell schedules run NAME`. */
export function schedules(program: Command): void {
  const list = withConfig(program.command("schedules"))
    .description("list the schedules with their next times, or run one now")
    .option("--json", "print the schedules as JSON")
    .enablePositionalOptions()
    .addHelpText("after", listExamples)
    .action(async (flags: ScheduleFlags) => {
      const loaded = await configOf(flags);
      warn(loaded.warnings);
      const now = new Date();
      const { schedules } = loaded.config;
      if (flags.json === true) printJson(schedules.map((schedule) => describeSchedule(schedule, now)));
      else print(schedules.length === 0 ? "There are no schedules." : tableOf(schedules, now));
    });
  withConfig(list.command("run <name>"))
    .description("run a schedule now, enabled or not: post its portals to its channels")
    .option("--json", "print what became of it as JSON")
    .addHelpText("after", runExamples)
    .action(
      async (name: string, _flags: ScheduleFlags, command: Command) => await run(name, command.optsWithGlobals()),
    );
}

async function run(name: string, flags: ScheduleFlags): Promise<void> {
  const loaded = await configOf(flags);
  warn(loaded.warnings);
  await using app = await start(loaded, "command", commandLog());
  progress(`${name}: posting …`);
  const { id } = await app.schedules().run(name);
  const handled = await app.pipeline.outcome(id);
  if (handled === undefined) throw new AppError("cancelled", `${name}: nobody knows what became of it.`);
  if (flags.json === true) printJson(handled.deliveries);
  else for (const delivery of handled.deliveries) printDelivery(delivery);
  for (const delivery of handled.deliveries) throwFailure(delivery);
}

/** A line for each time, the first of them with everything else of the schedule. */
function tableOf(all: readonly Schedule[], now: Date): string {
  const head = ["NAME", "CRON", "ZONE", "CHANNELS", "PORTALS", "NEXT"];
  const rows = all.flatMap((schedule) => {
    const { name, cron, timezone, channels, portals } = schedule;
    const [next = "not enabled", ...later] = nextTimes(schedule, 3, now).map((time) => timeFor(time, timezone, now));
    return [
      [name, cron, timezone, channels.join(", "), portals.join(", "), next],
      ...later.map((time) => ["", "", "", "", "", time]),
    ];
  });
  return table(head, rows);
}

/** `Mon 2026-11-23 09:00 +01:00, in 1 d 20 h` */
function timeFor(time: Date, timezone: string, now: Date): string {
  const weekday = new Intl.DateTimeFormat("en", { timeZone: timezone, weekday: "short" }).format(time);
  const iso = isoInZone(time, timezone);
  return `${weekday} ${iso.slice(0, 10)} ${iso.slice(11, 16)} ${iso.slice(19)}, in ${span(time.getTime() - now.getTime())}`;
}

/** `45 s`, `12 min`, `3 h 5 min`, `1 d 20 h` */
function span(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
