import { alertKey } from "../core/alert.ts";
import { limits } from "../core/limits.ts";
import type { Window } from "../core/window.ts";
import type { Decide, Decision, PlannedAlert, WindowBook } from "./contract.ts";

/** Windows that live as long as the process; those that were not heard of the longest are forgotten. */
export interface MemoryWindows {
  /** Lets an alert into its window, one after the other; as it is without `decide`. */
  enter(planned: PlannedAlert, decide: Decide | undefined): Promise<PlannedAlert & Pick<Decision, "dropped">>;
  /** `release` puts deliveries into their channels' backlogs, `accept` keeps the alerts that end windows, asked for when their turn has come. */
  book(
    release: (deliveryIds: readonly string[]) => void,
    accept: (planned: () => readonly PlannedAlert[], decide: Decide) => Promise<readonly PlannedAlert[]>,
  ): WindowBook;
}

export function createMemoryWindows(): MemoryWindows {
  const windows = new Map<string, Window>();
  const isOpen = ({ status }: Window): boolean => status !== "CANCEL";
  return {
    async enter(planned, decide) {
      if (decide === undefined) return { ...planned, dropped: [] };
      if (planned.alert.once === true) return await decide(planned.alert, undefined);
      const key = alertKey(planned.alert);
      const decision = await decide(planned.alert, windows.get(key));
      windows.delete(key);
      if (decision.window !== undefined) windows.set(key, decision.window);
      const [oldest] = windows.keys();
      if (windows.size > limits.alertsKeptMax && oldest !== undefined) windows.delete(oldest);
      return decision;
    },
    book: (release, accept) => ({
      open: async (limit) =>
        [...windows.values()]
          .filter(isOpen)
          .toSorted((a, b) => b.openedAt.getTime() - a.openedAt.getTime())
          .slice(0, limit),
      async release(now) {
        const due = [...windows.values()].flatMap(({ delayed }) => delayed.filter(({ dueAt }) => dueAt <= now));
        for (const [key, window] of windows) {
          windows.set(key, { ...window, delayed: window.delayed.filter(({ dueAt }) => dueAt > now) });
        }
        release(due.map(({ deliveryId }) => deliveryId));
        return due.length;
      },
      async endSilent(before, cancel, decide) {
        const silent = (): readonly PlannedAlert[] =>
          [...windows.values()]
            .filter((window) => isOpen(window) && window.heardAt < before)
            .slice(0, limits.windowsBatch)
            .map((window) => ({ alert: cancel(window), deliveries: [] }));
        return await accept(silent, decide);
      },
    }),
  };
}
