import { expect, test } from "vitest";
import { reservedParams, Schedule } from "../../../src/core/schedule.ts";
import type { AlertInput } from "../../../src/core/alert.ts";
import { placeholderValues } from "../../../src/pipeline/placeholders.ts";
import { scheduledRun } from "../../../src/triggers/schedule.ts";
import { alertOf } from "../../support/pipeline.ts";

const schedule = (more: object = {}): Schedule =>
  Schedule.parse({ name: "morning", cron: "0 9 * * *", portals: ["cpu", "mem"], channels: ["ops", "lobby"], ...more });
const due = new Date("2026-11-23T08:00:00Z");

test("a run is one alert of the due time, for every channel with every portal", () => {
  const { input, plans } = scheduledRun(schedule({ timezone: "Europe/Berlin" }), due, ["CPU", "Memory"]);
  expect(input).toMatchObject({
    rule: "morning",
    status: "OPEN",
    severity: "normal",
    message: "CPU, Memory",
    time: "2026-11-23T08:00:00.000Z",
    fields: { schedule: "morning", scheduled: "2026-11-23T09:00:00+01:00" },
  });
  const text = "${schedule}: ${message}";
  expect(plans).toEqual([
    { channel: "ops", portals: ["cpu", "mem"], text },
    { channel: "lobby", portals: ["cpu", "mem"], text },
  ]);
});

test("parameters become placeholders, entity and metric those of the alert; a channel named twice is one", () => {
  const params = { entity: "web01", metric: "busy", zone: "eu" };
  const { input, plans } = scheduledRun(schedule({ params, text: "At ${zone}", channels: ["ops", "ops"] }), due, []);
  expect(input).toMatchObject({ entity: "web01", metric: "busy", fields: { zone: "eu", schedule: "morning" } });
  expect(plans).toEqual([{ channel: "ops", portals: ["cpu", "mem"], text: "At ${zone}" }]);
});

test("a parameter cannot have the name of a placeholder that the alert fills in", () => {
  const { input } = scheduledRun(schedule(), due, []);
  const run = (fields: AlertInput["fields"]) =>
    placeholderValues({ ...alertOf(), ...input, status: "OPEN", time: due, fields: { ...input.fields, ...fields } });
  const filledIn = Object.keys(run({})).filter((name) => run({ [name]: "ours" })[name] !== "ours");
  const own = ["schedule", "scheduled"];
  const free = ["entity", "metric"];
  expect(reservedParams.toSorted()).toEqual([...filledIn, ...own].filter((name) => !free.includes(name)).toSorted());
  expect(Schedule.safeParse({ ...schedule(), params: { status: "x" } }).error?.issues[0]?.path).toEqual([
    "params",
    "status",
  ]);
});
