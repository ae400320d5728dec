import { randomUUID } from "node:crypto";
import type { Alert, AlertInput } from "../core/alert.ts";
import type { Clock } from "../core/clock.ts";
import type { Plan } from "../core/delivery.ts";
import { durationMs } from "../core/quantity.ts";
import type { Heard } from "../core/room.ts";
import type { Window } from "../core/window.ts";
import type { Accepted, Decision, PlannedAlert, Store } from "../store/contract.ts";
import { admit } from "./admit.ts";
import { decideInCode } from "./code.ts";
import { decide } from "./decide.ts";
import { heardAlert, heardPlans } from "./gateway.ts";
import { observeAccepted } from "./observe.ts";
import type { Observed } from "./observe.ts";
import type { LiveSettings, Settings } from "./settings.ts";
import { silentCancel } from "./silence.ts";

export interface AcceptDeps extends Observed {
  readonly store: Pick<Store, "accept" | "windows">;
  readonly settings: Pick<LiveSettings, "current" | "use">;
  readonly clock: Clock;
}

/** Puts alerts into the store: through their windows to the channels of the routes, or as they are told. */
export interface Acceptor {
  accept(inputs: readonly AlertInput[], idempotencyKey: string | undefined): Promise<readonly Accepted[]>;
  /** With plans of the caller's, and without a window. */
  post(input: AlertInput, plans: readonly Plan[], idempotencyKey: string | undefined): Promise<Accepted>;
  /** Takes a message of a room where it brings something about; the same one once. */
  hear(heard: Heard): Promise<void>;
  /**
   * Ends windows of which nothing was heard for as long as the settings say; how many. While this process was away nobody
   * could say anything: the time counts at most from its start.
   */
  endSilent(): Promise<number>;
}

export function createAcceptor(deps: AcceptDeps): Acceptor {
  const { store, settings, clock, log } = deps;
  const plansWith =
    (current: Settings) =>
    async (alert: Alert): Promise<readonly Plan[]> =>
      await decideInCode(alert, admit(alert, current.routes), { settings: current, log });
  const keep = async (alert: Alert, plans: readonly Plan[], key: string | undefined): Promise<Accepted> => {
    const posted = [{ alert, deliveries: plans.map((plan) => ({ id: randomUUID(), plan })) }];
    const [accepted] = observeAccepted(posted, await store.accept(posted, key), deps);
    return accepted ?? { id: alert.id, duplicate: false };
  };
  const startedMs = clock.monotonicMs();
  return {
    async accept(inputs, idempotencyKey) {
      const now = clock.now();
      const arrivals = new Map(inputs.map((input) => [toAlert(input, now), input]));
      const decided = new Map<string, PlannedAlert>();
      const decideOne = async (alert: Alert, window: Window | undefined, current: Settings): Promise<Decision> => {
        const input = arrivals.get(alert);
        const told = { status: input?.status, time: input?.time !== undefined };
        const decision = await decide(alert, told, window, plansWith(current));
        decided.set(alert.id, decision);
        return decision;
      };
      const alerts = [...arrivals.keys()].map((alert): PlannedAlert => ({ alert, deliveries: [] }));
      const accepted = await settings.use(
        async (current) =>
          await store.accept(alerts, idempotencyKey, async (alert, window) => await decideOne(alert, window, current)),
      );
      const kept = alerts.map((one) => decided.get(one.alert.id) ?? one);
      return observeAccepted(kept, accepted, deps);
    },
    post: async (input, plans, idempotencyKey) => await keep(toAlert(input, clock.now()), plans, idempotencyKey),
    async hear(heard) {
      await settings.use(async (current) => {
        const found = heardAlert(heard, current);
        if (found === undefined) return;
        const alert = toAlert(found.input, clock.now());
        const { routed, own } = heardPlans(alert, heard, found.linked, current);
        // The code is not asked about what no route takes.
        const decided = routed.length === 0 ? [] : await decideInCode(alert, routed, { settings: current, log });
        const plans = [...own, ...decided];
        if (plans.length > 0) await keep(alert, plans, `message in room: ${heard.message.id}`);
      });
    },
    async endSilent() {
      const { silence } = settings.current;
      if (silence === undefined || clock.monotonicMs() - startedMs < durationMs(silence)) return 0;
      const { before, cancel, told } = silentCancel(silence, clock.now());
      const ended = await settings.use(
        async (current) =>
          await store.windows.endSilent(
            before,
            cancel,
            async (alert, window) => await decide(alert, told, window, plansWith(current)),
          ),
      );
      const accepted = ended.map(({ alert }): Accepted => ({ id: alert.id, duplicate: false }));
      return observeAccepted(ended, accepted, deps).length;
    },
  };
}

/** The status and the time that an input lacks are its window's to find, or ours. */
function toAlert({ time, status = "OPEN", ...rest }: AlertInput, now: Date): Alert {
  return { ...rest, status, id: randomUUID(), time: time === undefined ? now : new Date(time), acceptedAt: now };
}
