import { z } from "zod";
import { limits } from "./limits.ts";
import { Duration } from "./quantity.ts";
import { SecretField } from "./secret.ts";
import { Template } from "./template.ts";
import { TimeZone } from "./timezone.ts";

const side = z.int().min(limits.viewportSideMin).max(limits.viewportSideMax);
const selector = z.string().min(1).max(1000);

/** CSS pixels of the browser window and device pixels per CSS pixel. */
export const Viewport = z.strictObject({
  width: side.default(1280).describe("CSS pixels."),
  height: side.default(800).describe("CSS pixels."),
  scale: z
    .number()
    .min(0.25)
    .max(limits.deviceScaleMax)
    .multipleOf(0.05)
    .default(1)
    .describe("Device pixels per CSS pixel; a multiple of 0.05."),
});
export type Viewport = z.infer<typeof Viewport>;

/** A rectangle of the page in CSS pixels. */
export const Clip = z.strictObject({
  x: z.number().min(0).max(100_000),
  y: z.number().min(0).max(100_000),
  width: z.number().min(1).max(limits.viewportSideMax),
  height: z.number().min(1).max(limits.viewportSideMax),
});
export type Clip = z.infer<typeof Clip>;

/** What "the chart has finished drawing" means for a page: what auto finds out, and these conditions besides. */
export const Ready = z.union([
  z.literal("auto"),
  z.strictObject({
    selector: selector.optional().describe("A CSS selector that must match a visible element."),
    expression: z.string().min(1).max(4000).optional().describe("A JavaScript expression that must become truthy."),
    event: z
      .string()
      .regex(/^[\w:.-]{1,100}$/u, "must be the name of a DOM event")
      .optional()
      .describe("A DOM event that must have come, at the document or the window."),
    charts: z.int().min(0).max(1000).optional().describe("How many charts must be drawn at least."),
    delayMs: z.int().min(0).max(60_000).optional().describe("A fixed wait after everything else, real milliseconds."),
  }),
]);
export type Ready = z.infer<typeof Ready>;

/** Which part of the page becomes the picture, and how it is photographed. */
export const ShotOptions = z.strictObject({
  viewport: Viewport.prefault({}).describe("Size of the browser window."),
  ready: Ready.default("auto").describe("auto, or a selector, expression or delay."),
  crop: z
    .strictObject({
      selector: selector.optional().describe("Only this element."),
      clip: Clip.optional().describe("Only this rectangle of the page, CSS pixels."),
      padding: z.int().min(0).max(500).default(0).describe("Kept around the element, CSS pixels."),
      trim: z.boolean().default(false).describe("Cut away uniform margins."),
    })
    .prefault({})
    .refine((crop) => crop.selector === undefined || crop.clip === undefined, "name a selector or a clip, not both")
    .describe("What to cut out of the page."),
  fullPage: z.boolean().default(false).describe("The whole scrollable page instead of the viewport."),
  hide: z.array(selector).max(50).default([]).describe("Selectors of elements to make invisible."),
  timezone: TimeZone.default("UTC").describe("IANA time zone of the page."),
  locale: z
    .string()
    .refine(isLocale, "must be a BCP 47 locale such as en-GB")
    .default("en-US")
    .describe("Locale of the page."),
  colorScheme: z.enum(["light", "dark"]).default("light").describe("prefers-color-scheme of the page."),
  timeoutMs: z
    .int()
    .min(100)
    .max(limits.shotTimeoutMsMax)
    .default(limits.shotTimeoutMsDefault)
    .describe(
      "From the shot's turn to the captured pixels, milliseconds; the turn itself is waited for at most as long.",
    ),
});
export type ShotOptions = z.infer<typeof ShotOptions>;

const urlOrigin = /^https?:\/\/(?<authority>[^/?#\s]+)/iu;

const PortalUrl = Template.pipe(
  z.string().superRefine((url, context) => {
    const authority = urlOrigin.exec(url)?.groups?.["authority"];
    const problem =
      authority === undefined
        ? "must start with http:// or https:// and a host"
        : /[${}@]/u.test(authority)
          ? "host and port must be fixed: no placeholder and no user name (use signIn)"
          : undefined;
    if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
  }),
);

const SignIn = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("header"),
    headers: z
      .record(z.string().regex(/^[\w-]{1,100}$/u, "must be a header name"), SecretField)
      .describe("Header values."),
  }),
  z.strictObject({
    kind: z.literal("basic"),
    username: z.string().min(1).max(200).describe("User name."),
    password: SecretField.describe("Password."),
  }),
  z.strictObject({
    kind: z.literal("cookie"),
    cookies: z.record(z.string().min(1).max(200), SecretField).describe("Cookie values by name."),
  }),
]);

/** A named page that can be photographed. */
export const Portal = ShotOptions.safeExtend({
  url: PortalUrl.describe("URL with ${placeholders}; its host is fixed."),
  title: z.string().max(200).optional().describe("Name for people, in captions; default: the portal's name."),
  defaults: z
    .record(z.string(), z.string().max(1000))
    .default({})
    .describe("Values of placeholders that a caller leaves out."),
  lead: Duration.default(Duration.parse("1h")).describe(
    "How long before the alert began `${from}` is: 30m, 6h. `${to}` is now, or when it was over.",
  ),
  onTimeout: z
    .enum(["partial", "fail", "last-good"])
    .default("partial")
    .describe(
      "When not everything is ready in time. partial: the picture, with a bar that says what is missing; fail: no picture; last-good: the last good picture, with its age.",
    ),
  signIn: SignIn.optional().describe("What the portal asks for; sent to the portal's own origin only."),
  tls: z
    .strictObject({ verify: z.boolean().default(true).describe("false accepts any certificate of this portal.") })
    .prefault({})
    .describe("Certificate checks."),
});
export type Portal = z.infer<typeof Portal>;

function isLocale(name: string): boolean {
  try {
    return Intl.getCanonicalLocales(name).length === 1;
  } catch {
    return false;
  }
}
