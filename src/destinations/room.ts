import { z } from "zod";
import { limits } from "../core/limits.ts";
import type { PictureLimits } from "../core/picture.ts";
import { hipchatAppearance } from "./appearance.ts";
import { defineDestination } from "./contract.ts";
import { hipchatDestination } from "./hipchat/hipchat.ts";
import { openTransport } from "./transport.ts";

/** Browsers draw the room page, so WebP is welcome there. */
const pictureLimits: PictureLimits = {
  bytesMax: 5 * 1024 * 1024,
  pixelsMax: 32_000_000,
  sideMax: 8000,
  mediaTypes: ["image/png", "image/webp", "image/jpeg"],
};

/** Options of a channel of kind room. */
export const RoomOptions = z.strictObject({
  kind: z.literal("room"),
  room: z.string().min(1).max(limits.roomNameCharsMax).describe("Name of the room; it is made if there is none."),
  ...hipchatAppearance,
});

/** A room of the built-in server, reached over the same HTTP API that other programs use. */
export const room = defineDestination({
  options: RoomOptions,
  async open(options, deps) {
    const transport = await openTransport({ caFile: undefined, verify: true });
    return hipchatDestination(
      {
        base: () => new URL("/", deps.roomServer().url),
        apiVersion: 2,
        target: { kind: "room", idOrName: options.room },
        messageToken: () => deps.roomServer().token,
        notificationToken: () => deps.roomServer().token,
        from: options.from,
        format: options.messageFormat,
        pictureLimits,
      },
      transport,
    );
  },
});
