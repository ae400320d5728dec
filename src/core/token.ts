import { z } from "zod";
import { Name } from "./name.ts";
import { SecretField } from "./secret.ts";

/** What a token of the API may be used for. */
const tokenScopes = ["alerts", "read", "shots", "manage"] as const;
export const TokenScope = z.enum(tokenScopes);
export type TokenScope = z.infer<typeof TokenScope>;

const names = z.array(Name).max(1000).optional();

/** A token of the API: the secret alone may do everything. */
export const ApiToken = z.union([
  SecretField.transform((token) => ({ token, scopes: tokenScopes, channels: undefined, portals: undefined })),
  z.strictObject({
    token: SecretField.describe("The token."),
    scopes: z
      .array(TokenScope)
      .min(1)
      .default([...tokenScopes])
      .describe(
        "alerts: send them, hooks too; read: see what became of them, pictures and metrics; shots: photograph; manage: everything else.",
      ),
    channels: names.describe("The channels that its alerts may name; default: any. Routes are not held by it."),
    portals: names.describe("The portals that its alerts may name; default: any."),
  }),
]);
export type ApiToken = z.output<typeof ApiToken>;

/** What a call below /api needs its token to be for; the path is read as routes are, in any case and with a last slash. */
export function scopeOf(method: string, path: string): TokenScope {
  const plain = path.toLowerCase().replace(/\/+$/u, "");
  if (method !== "POST") return "read";
  if (plain === "/api/alerts") return "alerts";
  return plain === "/api/shots" ? "shots" : "manage";
}
