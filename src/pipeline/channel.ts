import type { AlertStatus, Severity } from "../core/alert.ts";
import { createLane } from "../core/lane.ts";
import type { Lane } from "../core/lane.ts";
import type { Color } from "../core/message.ts";
import { limits } from "../core/limits.ts";
import type { Destination, Target } from "../destinations/contract.ts";

/** A configured channel, open and ready to be sent to. */
export interface Channel {
  readonly name: string;
  /** Nothing is sent to a channel that is not. */
  readonly enabled: boolean;
  readonly destination: Destination;
  readonly color: Color | "auto";
  readonly notify: boolean | "auto" | readonly Severity[];
  /** What to do with a message whose outcome a crash left unknown. */
  readonly onUnknown: "resend" | "mark";
  /** Whether a text whose pictures follow ends with links to their portals. */
  readonly portalLinks: boolean;
  /** IANA name; of the times in texts. */
  readonly timezone: string;
  /** Templates that come before the routes'. */
  readonly texts: Readonly<Partial<Record<AlertStatus, string>>>;
  /** Messages of one channel never overtake each other. */
  readonly turns: Lane;
  /** Set for a branch: whom it is for instead of the channel's own room or user. */
  readonly target?: Target;
  /** Branches of this channel, by name. */
  readonly branches: Map<string, Channel>;
}

/** A channel of the configuration by its name, or a branch of one. */
export function findChannel(channels: ReadonlyMap<string, Channel>, name: string): Channel | undefined {
  const known = channels.get(name);
  if (known !== undefined) return known;
  const { base = "", kind, idOrName = "" } = branchPattern.exec(name)?.groups ?? {};
  const channel = channels.get(base);
  if (channel === undefined || (kind !== "user" && kind !== "room")) return undefined;
  return branchOf(channel, { kind, idOrName });
}

/** No name of a channel has a slash. */
const branchPattern = /^(?<base>[^/]+)\/(?<kind>user|room)\/(?<idOrName>.+)$/su;

export function branchName(channel: string, { kind, idOrName }: Target): string {
  return `${channel}/${kind}/${idOrName}`;
}

/**
 * The same server and tokens, towards somebody else: a channel of its own with its own order and backlog. Undefined where the
 * channel's kind cannot do that.
 */
export function branchOf(channel: Channel, target: Target): Channel | undefined {
  const { branches } = channel;
  const name = branchName(channel.name, target);
  const kept = branches.get(name);
  if (kept !== undefined) return kept;
  const destination = channel.destination.towards?.(target);
  if (destination === undefined) return undefined;
  const idle =
    branches.size < limits.channelBranchesMax ? [] : [...branches].filter(([, one]) => one.turns.waiting === 0);
  for (const [old] of idle.slice(0, 1)) branches.delete(old);
  const branch = { ...channel, name, destination, target, turns: createLane(), branches: new Map() };
  branches.set(name, branch);
  return branch;
}
