import type { Alert } from "./alert.ts";
import type { Decided } from "./code.ts";
import type { ErrorCode } from "./errors.ts";
import type { MediaType, Verdict } from "./picture.ts";

/** Why something was not done, as it is shown to people and programs. */
export interface Failure {
  readonly code: ErrorCode | "internal";
  readonly message: string;
}

/** What one channel is to get for an alert. */
export interface Plan {
  readonly channel: string;
  readonly portals: readonly string[];
  /** Template, or undefined for the default text. */
  readonly text: string | undefined;
  /** Names of the routes that led to it; those without a name are not told. */
  readonly routes?: readonly string[];
  /** What the operator's own code decided of this message. */
  readonly decided?: Decided;
  /** Whether the text is followed by the details table. */
  readonly details?: boolean;
  /** Milliseconds to wait; it is said only if its window is still open then. */
  readonly delayMs?: number;
}

/**
 * What became of one step of a delivery; `unknown`: sent, but whether it arrived was never heard; `folded`: said together
 * with a later state of the same alert, because the channel could not take messages as fast as they came.
 */
export interface StepRecord {
  readonly kind: "text" | "picture";
  readonly status: "delivered" | "failed" | "unknown" | "folded";
  /** Tries that reached the other side or tried to; waits for a rate limit are not counted. */
  readonly attempts: number;
  /** Milliseconds from the alert's acceptance to the end of this step. */
  readonly afterMs: number;
  readonly remoteId?: string;
  readonly failure?: Failure;
  /** Attempts without an answer, by a crash or a broken connection: each may have left a message more in the room. */
  readonly unknownAttempts?: number;
  /** Of a folded step: the delivery it was folded into. */
  readonly foldedInto?: string;
}

/** Names a kept picture by its content. */
export interface PictureReference {
  /** Hex, of the bytes. */
  readonly sha256: string;
  readonly mediaType: MediaType;
}

/** The record of a step that was never sent on its own: the delivery `foldedInto` tells of a later state of the same alert. */
export function foldedRecord(kind: StepRecord["kind"], foldedInto: string): StepRecord {
  return { kind, status: "folded", attempts: 0, afterMs: 0, foldedInto };
}

/** What became of one portal's shot for one channel. */
export interface ShotRecord {
  readonly portal: string;
  readonly verdict: Verdict["kind"] | "failed";
  readonly unready?: readonly string[];
  readonly failure?: Failure;
  readonly bytes?: number;
  readonly width?: number;
  readonly height?: number;
  /** The picture that was sent, where it is kept. */
  readonly picture?: PictureReference;
  readonly timings?: Readonly<Record<string, number>>;
}

/** One message to one channel. */
export interface DeliveryRecord {
  readonly id: string;
  readonly channel: string;
  readonly state: DeliveryState;
  readonly text: string;
  readonly steps: readonly StepRecord[];
  readonly shots: readonly ShotRecord[];
}

/**
 * What became of a whole delivery: `open` while it is being handled, `waiting` while its channel cannot take it; `silent`
 * when there was nothing to say. A failed or unknown one is a dead letter: it can be sent again.
 */
export type DeliveryState = "open" | "waiting" | "delivered" | "failed" | "unknown" | "folded" | "silent";

/** An alert and what became of it. */
export interface HandledAlert {
  readonly alert: Alert;
  readonly state: "accepted" | "handled";
  readonly deliveries: readonly DeliveryRecord[];
}

/** An alert in a list: how far each of its deliveries is, in short. */
export interface AlertSummary {
  readonly alert: Alert;
  readonly state: HandledAlert["state"];
  readonly deliveries: readonly DeliverySummary[];
}

export interface DeliverySummary {
  readonly id: string;
  readonly channel: string;
  readonly state: DeliveryState;
  readonly steps: readonly { readonly kind: StepRecord["kind"]; readonly status: string; readonly attempts: number }[];
  readonly shots: readonly ShotRecord[];
}
