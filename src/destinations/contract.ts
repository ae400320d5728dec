import type { z } from "zod";
import type { PictureLimits } from "../core/picture.ts";
import type { Step, TextFormat } from "../core/message.ts";
import type { Secret } from "../core/secret.ts";
import type { Answer, Outgoing } from "./transport.ts";

/*
 * Where a message goes. A caller may rely on this: `deliver` sends one step once; it never retries, sleeps, logs or reads
 * the environment; it returns a receipt only after the other side accepted, and otherwise throws an AppError of kind
 * delivery whose code says whether trying again can help and whose `retryAfterMs` says when. No token stands in any error.
 *
 * To add a kind: one file or folder that exports `defineDestination({...})`, one line in index.ts, one row in
 * test/conformance/destinations.test.ts.
 */

export interface Attempt {
  /** The same for every try of one step. */
  readonly deliveryId: string;
  /** Counts from 1. */
  readonly number: number;
  readonly signal: AbortSignal;
}

/** What the other side said when it accepted. */
export interface Receipt {
  /** Its id for the message, when it gives one. */
  readonly remoteId?: string;
  /** Calls left in its rate-limit window, when it tells. */
  readonly rateRemaining?: number;
}

export type Pictures =
  | { readonly taken: true; readonly limits: PictureLimits }
  /** `reason` is a plain sentence that a person in the room can read. */
  | { readonly taken: false; readonly reason: string };

export interface CheckResult {
  readonly subject: string;
  readonly ok: boolean;
  /** A sentence; for a failure with the next step. */
  readonly detail: string;
}

/** Whom a message is for, as HipChat's paths name it. */
export interface Target {
  readonly kind: "room" | "user";
  readonly idOrName: string;
}

/** An open channel of one kind. */
export interface Destination extends AsyncDisposable {
  readonly format: TextFormat;
  readonly pictures: Pictures;
  deliver(step: Step, attempt: Attempt): Promise<Receipt>;
  /**
   * The same server, with the same tokens, towards somebody else; undefined when it cannot. It is open as long as this one,
   * and is not disposed of by itself.
   */
  towards?(target: Target): Destination | undefined;
  /** Asks the other side whether each token would be accepted, without sending anything to people. */
  check(signal: AbortSignal): Promise<readonly CheckResult[]>;
}

export interface DestinationDeps {
  /** Where relative paths of the options start: the configuration file's folder. */
  readonly baseDir: string;
  /** The built-in room server and the token it gives to Chartbell's own channels. */
  readonly roomServer: () => RoomServerAddress;
}

export interface RoomServerAddress {
  readonly url: string;
  readonly token: Secret;
  /** Where it is in this process: the way to it without a socket. It answers as it would over HTTP. */
  readonly call?: (outgoing: Outgoing) => Promise<Answer>;
}

export interface DestinationDefinition<Options extends z.ZodType> {
  /** Strict schema of the channel's options; its `kind` is the literal name of the destination. */
  readonly options: Options;
  /** Sentences about valid options that will not do what they look like. */
  warnings?(options: z.output<Options>): readonly string[];
  open(options: z.output<Options>, deps: DestinationDeps): Promise<Destination>;
}

export function defineDestination<Options extends z.ZodType>(
  definition: DestinationDefinition<Options>,
): DestinationDefinition<Options> {
  return definition;
}
