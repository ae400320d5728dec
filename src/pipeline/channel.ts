import type { Lane } from "../core/lane.ts";
import type { Color } from "../core/message.ts";
import type { Destination } from "../destinations/contract.ts";

/** A configured channel, open and ready to be sent to. */
export interface Channel {
  readonly name: string;
  /** Nothing is sent to a channel that is not. */
  readonly enabled: boolean;
  readonly destination: Destination;
  readonly color: Color | "auto";
  readonly notify: boolean | "auto";
  /** What to do with a message whose outcome a crash left unknown. */
  readonly onUnknown: "resend" | "mark";
  /** Messages of one channel never overtake each other. */
  readonly turns: Lane;
}
