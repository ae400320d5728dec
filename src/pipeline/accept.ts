import { randomUUID } from "node:crypto";
import type { Alert, AlertInput } from "../core/alert.ts";
import type { Clock } from "../core/clock.ts";
import type { Plan } from "../core/delivery.ts";
import { durationMs } from "../core/quantity.ts";
import type { Accepted, Decide, PlannedAlert, Store } from "../store/contract.ts";
import { decide } from "./decide.ts";
import { observeAccepted } from "./observe.ts";
import type { Observed } from "./observe.ts";
import type { LiveSettings } from "./settings.ts";
import { silentCancel } from "./silence.ts";

export interface AcceptDeps extends Observed {
  readonly store: Pick<Store, "accept" | "windows">;
  readonly settings: Pick<LiveSettings, "current">;
  readonly clock: Clock;
}

/** Puts alerts into the store: through their windows to the channels of the routes, or as they are told. */
export interface Acceptor {
  accept(inputs: readonly AlertInput[], idempotencyKey: string | undefined): Promise<readonly Accepted[]>;
  /** With plans of the caller's, and without a window. */
  post(input: AlertInput, plans: readonly Plan[], idempotencyKey: string | undefined): Promise<Accepted>;
  /**
   * Ends windows of which nothing was heard for as long as the settings say; how many. While this process was away nobody
   * could say anything: the time counts at most from its start.
   */
  endSilent(): Promise<number>;
}

export function createAcceptor(deps: AcceptDeps): Acceptor {
  const { store, settings, clock } = deps;
  const startedMs = clock.monotonicMs();
  return {
    async accept(inputs, idempotencyKey) {
      const now = clock.now();
      const { routes } = settings.current;
      const arrivals = new Map(inputs.map((input) => [toAlert(input, now), input]));
      const decided = new Map<string, PlannedAlert>();
      const decideOne: Decide = (alert, window) => {
        const input = arrivals.get(alert);
        const decision = decide(alert, { status: input?.status, time: input?.time !== undefined }, window, routes);
        decided.set(alert.id, decision);
        return decision;
      };
      const alerts = [...arrivals.keys()].map((alert): PlannedAlert => ({ alert, deliveries: [] }));
      const accepted = await store.accept(alerts, idempotencyKey, decideOne);
      const kept = alerts.map((one) => decided.get(one.alert.id) ?? one);
      return observeAccepted(kept, accepted, deps);
    },
    async post(input, plans, idempotencyKey) {
      const alert = toAlert(input, clock.now());
      const posted = [{ alert, deliveries: plans.map((plan) => ({ id: randomUUID(), plan })) }];
      const [accepted] = observeAccepted(posted, await store.accept(posted, idempotencyKey), deps);
      return accepted ?? { id: alert.id, duplicate: false };
    },
    async endSilent() {
      const { silence, routes } = settings.current;
      if (silence === undefined || clock.monotonicMs() - startedMs < durationMs(silence)) return 0;
      const { before, cancel, told } = silentCancel(silence, clock.now());
      const decideOne: Decide = (alert, window) => decide(alert, told, window, routes);
      const ended = await store.windows.endSilent(before, cancel, decideOne);
      const accepted = ended.map(({ alert }): Accepted => ({ id: alert.id, duplicate: false }));
      return observeAccepted(ended, accepted, deps).length;
    },
  };
}

/** The status and the time that an input lacks are its window's to find, or ours. */
function toAlert({ time, status = "OPEN", ...rest }: AlertInput, now: Date): Alert {
  return { ...rest, status, id: randomUUID(), time: time === undefined ? now : new Date(time), acceptedAt: now };
}
