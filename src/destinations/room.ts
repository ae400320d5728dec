import { z } from "zod";
import { limits } from "../core/limits.ts";
import type { PictureLimits } from "../core/picture.ts";
import { race } from "../core/wait.ts";
import { hipchatAppearance } from "./appearance.ts";
import { defineDestination } from "./contract.ts";
import { hipchatDestination } from "./hipchat/hipchat.ts";
import { openTransport } from "./transport.ts";
import type { Transport } from "./transport.ts";

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

/**
 * A room of the built-in server, by the same API that other programs use: in this process where the server is in it, over
 * HTTP where a command runs beside it. A message that is sent again because its answer was lost is said once.
 */
export const room = defineDestination({
  options: RoomOptions,
  async open(options, deps) {
    const outside = await openTransport({ caFile: undefined, verify: true });
    const transport: Transport = {
      async send(outgoing, signal) {
        const { call } = deps.roomServer();
        return call === undefined ? await outside.send(outgoing, signal) : await race(call(outgoing), signal);
      },
      [Symbol.asyncDispose]: async () => await outside[Symbol.asyncDispose](),
    };
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
        knowsKeys: true,
      },
      transport,
    );
  },
});
