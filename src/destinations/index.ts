import { z } from "zod";
import type { Destination, DestinationDefinition, DestinationDeps } from "./contract.ts";
import { directory } from "./directory.ts";
import { hipchat } from "./hipchat/hipchat.ts";
import { room } from "./room.ts";

/** Every kind of channel; the key is what `kind` says in the configuration. */
export const destinations = { hipchat, room, directory } as const;
export type DestinationKind = keyof typeof destinations;

type AnyOptions = z.output<(typeof destinations)[DestinationKind]["options"]>;

/** Options of a channel, told apart by `kind`. */
export const ChannelOptions = z.discriminatedUnion("kind", [
  destinations.hipchat.options,
  destinations.room.options,
  destinations.directory.options,
]);
export type ChannelOptions = AnyOptions;

/** Opens a channel of the configuration. */
export async function openDestination(options: ChannelOptions, deps: DestinationDeps): Promise<Destination> {
  return await definitionOf(options).open(options, deps);
}

/** Sentences about valid options of a channel that will not do what they look like. */
export function channelWarnings(options: ChannelOptions): readonly string[] {
  return definitionOf(options).warnings?.(options) ?? [];
}

function definitionOf(options: ChannelOptions): DestinationDefinition<z.ZodType<ChannelOptions>> {
  return destinations[options.kind];
}
