import { z } from "zod";
import { AlertInput } from "../../core/alert.ts";
import { NativeAlert, NativeBatch } from "../../triggers/index.ts";
import { RetryWish } from "../deliveries.ts";
import { NewRoom, NewToken, Revocation } from "../room-admin.ts";
import { ShotWish } from "../shots.ts";

/** What the API takes: the schemas that check it, under the names of the document. */
export const bodies = {
  Alert: AlertInput,
  OneAlert: NativeAlert,
  SeveralAlerts: NativeBatch,
  AlertsBody: z.union([NativeAlert, NativeBatch]),
  ShotBody: ShotWish,
  RetryBody: RetryWish,
  RoomBody: NewRoom,
  RoomTokenBody: NewToken,
  RevocationBody: Revocation,
} as const satisfies Record<string, z.ZodType>;
export type BodyName = keyof typeof bodies;
