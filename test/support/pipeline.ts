import { AlertInput } from "../../src/core/alert.ts";
import type { Alert } from "../../src/core/alert.ts";
import type { Destination } from "../../src/destinations/contract.ts";
import { createLane } from "../../src/core/lane.ts";
import type { Channel } from "../../src/pipeline/channel.ts";

/** An alert as the pipeline has it, about 2026-03-01 12:30:45 UTC. */
export function alertOf(input: Partial<AlertInput> & { readonly rule?: string } = {}): Alert {
  const time = new Date("2026-03-01T12:30:45Z");
  const { time: _time, status = "OPEN", ...rest } = AlertInput.parse({ rule: "cpu_high", ...input });
  return { ...rest, status, id: "alert-1", time, acceptedAt: time };
}

/** A channel around a destination. */
export function channelOf(destination: Destination, changes: Partial<Channel> = {}): Channel {
  return {
    name: "ops",
    enabled: true,
    destination,
    color: "auto",
    notify: "auto",
    onUnknown: "resend",
    portalLinks: false,
    timezone: "UTC",
    texts: {},
    turns: createLane(),
    branches: new Map(),
    ...changes,
  };
}

/** Leaves what waits for channels where it is. */
export const noBacklog = async (): Promise<undefined> => undefined;
