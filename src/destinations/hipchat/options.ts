import { z } from "zod";
import { Secret, SecretField } from "../../core/secret.ts";
import { hipchatAppearance } from "../appearance.ts";

/** Options of a channel of kind hipchat; names follow HipChat's and ATSD's. */
export const HipchatOptions = z
  .strictObject({
    kind: z.literal("hipchat"),
    host: z
      .string()
      .min(1)
      .max(500)
      .refine(
        (host) => parseHost(host) !== undefined,
        "must be a host name or an http(s) URL without user name or query",
      )
      .describe("Address of the HipChat server; a trailing /v1 or /v2 is removed."),
    apiVersion: z
      .union([z.literal(1), z.literal(2)])
      .default(2)
      .describe("2, or 1 for old servers (text only: v1 cannot take files)."),
    room: z
      .union([z.string().min(1).max(100), z.int().positive().transform(String)])
      .optional()
      .describe("Room by id or name."),
    user: z.string().min(1).max(100).optional().describe("A person instead of a room: id, e-mail or @mention."),
    messageToken: SecretField.optional().describe("Token of scope send_message: pictures, private messages."),
    notificationToken: SecretField.optional().describe("Token of scope send_notification: coloured text."),
    ...hipchatAppearance,
    tls: z
      .strictObject({
        ca: z.string().optional().describe("PEM file with the server's certificate authority."),
        verify: z.boolean().default(true).describe("false accepts any certificate."),
      })
      .prefault({})
      .describe("Certificate checks."),
    proxy: z
      .strictObject({
        url: z
          .url({ protocol: /^https?$/ })
          .max(500)
          .refine((url) => isBare(url), "must be http(s)://HOST:PORT, without user name and path")
          .describe("Address of the proxy."),
        username: z.string().min(1).max(200).optional().describe("User name at the proxy."),
        password: SecretField.optional().describe("Password at the proxy."),
      })
      .optional()
      .describe("HTTP proxy on the way to the server; it is asked for a tunnel (CONNECT)."),
  })
  .superRefine((options, context) => {
    if ((options.room === undefined) === (options.user === undefined)) {
      context.addIssue({ code: "custom", path: ["room"], message: "name either a room or a user" });
    }
    if (options.user !== undefined && options.apiVersion === 1) {
      context.addIssue({ code: "custom", path: ["user"], message: "needs apiVersion 2" });
    }
    if (options.user !== undefined && options.messageToken === undefined) {
      context.addIssue({ code: "custom", path: ["messageToken"], message: "is needed for private messages to a user" });
    }
    if (!(options.messageToken instanceof Secret) && !(options.notificationToken instanceof Secret)) {
      context.addIssue({ code: "custom", path: ["notificationToken"], message: "or messageToken is needed" });
    }
  });
export type HipchatOptions = z.infer<typeof HipchatOptions>;

function isBare(address: string): boolean {
  const url = URL.parse(address);
  return (
    url !== null && url.username === "" && url.password === "" && `${url.pathname}${url.search}${url.hash}` === "/"
  );
}

/** The server's base address without a trailing /v1, /v2 or slash; a bare host name means https. */
export function parseHost(host: string): URL | undefined {
  const url = URL.parse(/^https?:\/\//iu.test(host) ? host : `https://${host}`);
  if (url === null || url.username !== "" || url.search !== "" || url.hash !== "") return undefined;
  url.pathname = url.pathname.replace(/\/+$/u, "").replace(/\/v[12]$/iu, "") + "/";
  return url;
}

/** What an operator should know about valid options that will not do what they look like. */
export function warningsOf(options: HipchatOptions): readonly string[] {
  const warnings: string[] = [];
  if (/\/v[12]\/*$/iu.test(options.host)) warnings.push("host: the trailing API version was removed; use apiVersion.");
  const fromMax = options.apiVersion === 1 ? 15 : 64;
  if (options.from.length > fromMax) warnings.push(`from: longer than ${fromMax} characters; it will be cut.`);
  if (!options.tls.verify) warnings.push("tls.verify: false; anyone on the way can read and change messages.");
  return warnings;
}
