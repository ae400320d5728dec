import { z } from "zod";
import { limits } from "./limits.ts";

const side = z.int().min(limits.viewportSideMin).max(limits.viewportSideMax);
const selector = z.string().min(1).max(1000);

/** CSS pixels of the browser window and device pixels per CSS pixel. */
export const Viewport = z.strictObject({
  width: side.default(1280).describe("CSS pixels."),
  height: side.default(800).describe("CSS pixels."),
  scale: z.number().min(0.25).max(limits.deviceScaleMax).default(1).describe("Device pixels per CSS pixel."),
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

/** What "the chart has finished drawing" means for a page. */
export const Ready = z.union([
  z.literal("auto"),
  z.strictObject({
    selector: selector.optional().describe("A CSS selector that must match a visible element."),
    expression: z.string().min(1).max(4000).optional().describe("A JavaScript expression that must become truthy."),
    delayMs: z.int().min(0).max(60_000).optional().describe("A fixed wait after everything else, milliseconds."),
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
  timezone: z
    .string()
    .refine(isTimezone, "must be an IANA time zone such as Europe/Berlin")
    .default("UTC")
    .describe("IANA time zone of the page."),
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
    .describe("From the request to the captured pixels, milliseconds."),
});
export type ShotOptions = z.infer<typeof ShotOptions>;

function isTimezone(name: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat("en", { timeZone: name }));
  } catch {
    return false;
  }
}

function isLocale(name: string): boolean {
  try {
    return Intl.getCanonicalLocales(name).length === 1;
  } catch {
    return false;
  }
}
