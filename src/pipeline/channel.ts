import type { AlertStatus } from "../core/alert.ts";
import type { Lane } from "../core/lane.ts";
import type { Color } from "../core/message.ts";
import type { Destination } from "../destinations/contract.ts";

/** A configured channel, open and ready to be sent to. */
export interface Channel {
  readonly name: string;
  readonly destination: Destination;
  readonly color: Color | "auto";
  readonly notify: boolean | "auto";
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
}
