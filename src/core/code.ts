import { z } from "zod";
import type { Alert } from "./alert.ts";
import { limits } from "./limits.ts";
import { colors } from "./message.ts";
import type { TextFormat } from "./message.ts";

/*
 * What an operator can decide in code: functions of a file that the configuration names, or of the program that has Chartbell
 * in it. Buildbot's HipChatStatusPush had the same three (getRecipientList, getMessage, getExtraParams).
 */

const Target = z.string().min(1).max(100);

/** A channel by its name; or somebody else on that channel's server, reached with the channel's tokens. */
export const Recipient = z.union([
  z.string().min(1).max(100),
  z.strictObject({ channel: Target, user: Target }),
  z.strictObject({ channel: Target, room: Target }),
]);
export type Recipient = z.infer<typeof Recipient>;

/** Further fields of a HipChat message, under HipChat's own names. */
export const Extra = z.strictObject({
  color: z.enum(colors).optional(),
  notify: z.boolean().optional(),
  /** The sender's label. */
  from: z.string().max(64).optional(),
  /** How the text is written, the configured one too. */
  message_format: z.enum(["html", "text"]).optional(),
  card: z
    .record(z.string(), z.json())
    .refine((card) => JSON.stringify(card).length <= limits.cardCharsMax, `at most ${limits.cardCharsMax} characters`)
    .optional(),
});
export type Extra = z.infer<typeof Extra>;

/** A channel, as code is told of it. */
export interface ChannelFacts {
  readonly name: string;
  /** How a text for it is written; values in HTML have to be escaped. */
  readonly format: TextFormat;
  /** The person or room that the message is for instead of the channel's own. */
  readonly user?: string;
  readonly room?: string;
}

type Later<Value> = Value | Promise<Value>;

/**
 * Each is asked once for an alert, when it is accepted, and has limits.codeMs. undefined or null: as the configuration says.
 * One that throws, answers something else or takes too long leaves everything as the configuration says, and the message
 * tells so.
 */
export interface Hooks {
  /** Who gets the alert, in place of what the routes say; none: nothing is sent. Not asked where the alert names channels. */
  readonly recipients?: (alert: Alert) => Later<readonly Recipient[] | undefined | null>;
  /** The text, in the channel's format; empty: nothing is sent to it, no picture either. */
  readonly message?: (alert: Alert, channel: ChannelFacts) => Later<string | undefined | null>;
  /** More fields of the message. */
  readonly extra?: (alert: Alert, channel: ChannelFacts) => Later<Extra | undefined | null>;
}

export const hookNames = ["recipients", "message", "extra"] as const satisfies readonly (keyof Hooks)[];

/** What code decided of one message; kept with its plan, so that every try of it says the same. */
export interface Decided {
  readonly text?: string;
  readonly extra?: Extra;
  /** What failed, for the people who read the message. */
  readonly remark?: string;
}
