import { z } from "zod";
import { Name } from "../core/name.ts";
import { SecretField } from "../core/secret.ts";

/** Options that every hook has, whatever its source. */
export const hookOptions = {
  channels: z.array(Name).min(1).max(50).optional().describe("Send to these channels instead of the routes'."),
  portals: z.array(Name).max(10).optional().describe("Photograph these portals instead of the routes'."),
  token: SecretField.optional().describe("A token that opens this hook alone, beside those of server.tokens."),
  tokenInUrl: z
    .boolean()
    .default(false)
    .describe("Whether the hook's own token may also stand in the address, as `?token=`."),
};
