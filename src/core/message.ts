import type { Picture } from "./picture.ts";

/** HipChat's message colours (API v2 `color`, without `random`). */
export const colors = ["yellow", "green", "red", "purple", "gray"] as const;
export type Color = (typeof colors)[number];

export type TextFormat = "html" | "text";

/** The text of a message for one channel, already escaped for its format. */
export interface TextStep {
  readonly kind: "text";
  readonly text: string;
  readonly format: TextFormat;
  readonly color: Color;
  readonly notify: boolean;
  /** The sender's label, where it is not the channel's. */
  readonly from?: string;
  /** HipChat's card, as its API takes it. */
  readonly card?: Readonly<Record<string, unknown>>;
}

/** One picture of a message, already fitted to the channel's limits. */
export interface PictureStep {
  readonly kind: "picture";
  readonly picture: Picture;
  /** Plain text. */
  readonly caption: string;
  readonly fileName: string;
}

/** A delivery is made of steps, each with a receipt of its own: text first, then each picture. */
export type Step = TextStep | PictureStep;
