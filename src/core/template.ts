import { Drop, Liquid, TokenizationError, ParseError } from "liquidjs";
import { z } from "zod";
import { messageOf } from "./errors.ts";
import { limits } from "./limits.ts";
import { escapeHtml, wellFormed } from "./text.ts";

/*
 * Texts and URLs with placeholders: LiquidJS with ATSD's `${` and `}` as output delimiters. An unknown placeholder is empty,
 * as in ATSD. Templates come from the operator; values come from outside and are escaped by the form they are put into.
 */

export type TemplateForm = "html" | "text" | "url";

/** A link that becomes an anchor in HTML, a bare address in text. */
export class Link {
  readonly url: string;
  readonly label: string;
  constructor(url: string, label: string) {
    this.url = url;
    this.label = label;
  }
}

/** Text that writes itself for each form, escaped where it has to be. */
export class Markup {
  readonly write: (form: "html" | "text") => string;
  constructor(write: (form: "html" | "text") => string) {
    this.write = write;
  }
}

/** A name that is text by itself and has properties: `${entity}` and `${entity.label}`. */
export class Named extends Drop {
  readonly #name: string;
  constructor(name: string, properties: Readonly<Record<string, unknown>>) {
    super();
    this.#name = name;
    Object.assign(this, properties);
  }
  override valueOf(): string {
    return this.#name;
  }
}

const bounds = { parseLimit: 100_000, renderLimit: 200, memoryLimit: 2_000_000 };

const engines: Readonly<Record<TemplateForm, Liquid>> = {
  html: engine(htmlOf),
  text: engine(textOf),
  url: engine((value) => encodeURIComponent(wellFormed(textOf(value)))),
};

function engine(outputEscape: (value: unknown) => string): Liquid {
  return new Liquid({
    outputDelimiterLeft: "${",
    outputDelimiterRight: "}",
    outputEscape,
    ownPropertyOnly: true,
    strictFilters: true,
    // The host's own zone is nobody's: `date` takes another one as its second argument.
    timezoneOffset: 0,
    // No template reads another file.
    root: [],
    templates: {},
    ...bounds,
  });
}

function htmlOf(value: unknown): string {
  if (value instanceof Link) return anchor(value);
  if (Array.isArray(value)) return value.map(htmlOf).join(", ");
  if (value instanceof Markup) return value.write("html");
  return escapeHtml(textOf(value)).replaceAll("\n", "<br>");
}

function anchor(link: Link): string {
  return `<a href="${escapeHtml(link.url)}">${escapeHtml(link.label)}</a>`;
}

/** A map prints as ATSD prints tags, `{host=web01, disk=/}`; an empty one and a missing value print nothing. */
function textOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (value instanceof Link) return value.url;
  if (value instanceof Markup) return value.write("text");
  if (value instanceof Named) return value.valueOf();
  if (Array.isArray(value)) return value.map(textOf).join(", ");
  if (typeof value === "string") return value;
  if (typeof value !== "object") return JSON.stringify(value) ?? "";
  const pairs = Object.entries(value).map(([key, item]) => `${key}=${textOf(item)}`);
  return pairs.length === 0 ? "" : `{${pairs.join(", ")}}`;
}

/** Why a template cannot be used, in one sentence, or undefined when it can. */
export function templateProblem(template: string): string | undefined {
  try {
    engines.text.parse(template);
    return undefined;
  } catch (error) {
    const isKnown = error instanceof TokenizationError || error instanceof ParseError;
    return isKnown ? error.message.split("\n", 1)[0] : messageOf(error);
  }
}

/** Names of the placeholders in a template: `entity`, `tags`, … */
export function placeholdersOf(template: string): readonly string[] {
  return engines.text.globalVariablesSync(template, { partials: false });
}

/** The template with its values; throws what LiquidJS throws when a limit or filter fails. */
export function renderTemplate(
  template: string,
  values: Readonly<Record<string, unknown>>,
  form: TemplateForm,
): string {
  return String(engines[form].parseAndRenderSync(template, values));
}

/** A text with placeholders that LiquidJS can parse. */
export const Template = z
  .string()
  .max(limits.alertTextCharsMax)
  .superRefine((template, context) => {
    const problem = templateProblem(template);
    if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
  });
