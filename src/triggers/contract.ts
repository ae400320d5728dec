import type { AlertInput } from "../core/alert.ts";

/*
 * Why a message is wanted. A trigger turns one payload of an outside system into alerts; it does no I/O. What the payload
 * lacks or has wrong is an AppError `request_invalid` whose details name every field.
 */

export interface Trigger {
  /** Alerts of one request's parsed body. */
  read(body: unknown): readonly AlertInput[];
}
