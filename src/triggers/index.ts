import type { Trigger } from "./contract.ts";
import { native } from "./native.ts";

/** Every source of alerts. */
export const triggers = { native } as const satisfies Record<string, Trigger>;
