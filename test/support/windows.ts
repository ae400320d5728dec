import { randomUUID } from "node:crypto";
import type { Alert, AlertStatus } from "../../src/core/alert.ts";
import { Route } from "../../src/core/route.ts";
import { admit } from "../../src/pipeline/admit.ts";
import { readyRoutes } from "../../src/pipeline/choose.ts";
import { decide } from "../../src/pipeline/decide.ts";
import type { Decide, Decision, PlannedAlert } from "../../src/store/contract.ts";
import { alertOf } from "./pipeline.ts";

/** An alert that a store has not let into its window yet. */
export function arriving(rule: string, facts: Partial<Alert> = {}): PlannedAlert {
  return { alert: { ...alertOf({ rule }), id: randomUUID(), ...facts }, deliveries: [] };
}

/** Decides as the pipeline does, for sources that tell the status or leave it open; `made` holds what was decided. */
export function decider(says: AlertStatus | undefined, routes: readonly object[] = [{ channels: ["ops"] }]) {
  const ready = readyRoutes(routes.map((route) => Route.parse(route)));
  const made: Decision[] = [];
  const decideOne: Decide = async (alert, window) => {
    const told = { status: says, time: false };
    const decision = await decide(alert, told, window, async (entered) => admit(entered, ready));
    made.push(decision);
    return decision;
  };
  return { decide: decideOne, made };
}

export function statusesOf(made: readonly Decision[]): readonly string[] {
  return made.map(({ alert }) => alert.status);
}
