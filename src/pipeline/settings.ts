import type { Hooks } from "../core/code.ts";
import type { Duration } from "../core/quantity.ts";
import type { Channel } from "./channel.ts";
import type { ReadyRoute } from "./choose.ts";
import type { Portals } from "./target.ts";

/** What the configuration says of the way of an alert; it is replaced as a whole when the configuration changes. */
export interface Settings extends AsyncDisposable {
  readonly channels: ReadonlyMap<string, Channel>;
  /** The channels, and the one that reaches the rooms of this server: what plans may name. */
  readonly reachable: ReadonlyMap<string, Channel>;
  readonly portals: Portals;
  readonly routes: readonly ReadyRoute[];
  /** Portals of which every notification in a room brings a picture, by the room's name. */
  readonly roomPortals: ReadonlyMap<string, readonly string[]>;
  /** The operator's own functions. */
  readonly code: Hooks;
  /** After how long without news a window is ended; undefined: never. */
  readonly silence: Duration | undefined;
}

/** The settings in force. Those that were replaced stay open until nobody works with them any more. */
export interface LiveSettings extends AsyncDisposable {
  readonly current: Settings;
  /** Does work with the settings of this moment, which stay open until it has ended. */
  use<Result>(work: (settings: Settings) => Promise<Result>): Promise<Result>;
  replace(next: Settings): void;
}

export function createLiveSettings(first: Settings): LiveSettings {
  const users = new Map<Settings, number>([[first, 0]]);
  const closing = new Set<Promise<void>>();
  let current = first;
  const closeUnused = (settings: Settings): void => {
    if (settings === current || users.get(settings) !== 0) return;
    users.delete(settings);
    const close = async (): Promise<void> => {
      await settings[Symbol.asyncDispose]();
      closing.delete(closed);
    };
    const closed = close();
    closing.add(closed);
  };
  const count = (settings: Settings, change: 1 | -1): void => {
    users.set(settings, (users.get(settings) ?? 0) + change);
  };
  return {
    get current() {
      return current;
    },
    async use(work) {
      const settings = current;
      count(settings, 1);
      try {
        return await work(settings);
      } finally {
        count(settings, -1);
        closeUnused(settings);
      }
    },
    replace(next) {
      const replaced = current;
      users.set(next, 0);
      current = next;
      closeUnused(replaced);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(closing);
      await Promise.all([...users.keys()].map((one) => one[Symbol.asyncDispose]()));
    },
  };
}
