import { templateProblem } from "../../core/template.ts";

/*
 * Texts of ATSD's rules (rule-engine/placeholders.md, functions-*.md, control-flow of axibase/atsd) as Chartbell's templates. Both
 * write `${name}`; what is inside is ATSD's expression language there and LiquidJS here.
 */

export interface TranslatedText {
  /** Undefined when nothing of the text can be used. */
  readonly text: string | undefined;
  /** Expressions without a counterpart, as they stood. */
  readonly lost: readonly string[];
  /** Portals that the text attaches by `addPortal`. */
  readonly portals: readonly string[];
}

/** Functions of one value that LiquidJS has as a filter; their further arguments are numbers or texts. */
const filters: Readonly<Record<string, string>> = {
  upper: "upcase",
  lower: "downcase",
  round: "round",
  ceil: "ceil",
  floor: "floor",
  abs: "abs",
  replace: "replace",
  truncate: "truncate",
  urlencode: "url_encode",
  ifEmpty: "default",
  trim: "strip",
};

/** Links that ATSD also offers as functions. */
const links: Readonly<Record<string, string>> = { getRuleLink: "ruleLink", getChartLink: "chartLink" };

/** `detailsTable('ascii')` is the placeholder `asciiDetailsTable`, there and here. */
const tableForms = ["markdown", "ascii", "html", "property", "csv"];

export function translateText(source: string): TranslatedText {
  if (/@(?:if|else|foreach|end)\s*\{/u.test(source)) {
    return { text: undefined, lost: ["@if and @foreach"], portals: [] };
  }
  const lost: string[] = [];
  const portals: string[] = [];
  let text = "";
  let at = 0;
  for (let start = source.indexOf("${"); start >= 0; start = source.indexOf("${", at)) {
    const end = endOfExpression(source, start + 2);
    const expression = source.slice(start + 2, end).trim();
    const portal = /^addPortal\(\s*(?<quote>['"])(?<name>[^'"]+)\k<quote>/u.exec(expression)?.groups?.["name"];
    const translated = portal === undefined ? translateExpression(expression) : "";
    if (portal !== undefined) portals.push(portal);
    if (translated === undefined) lost.push(`\${${expression}}`);
    text += source.slice(at, start) + (translated === undefined || translated === "" ? "" : `\${${translated}}`);
    at = Math.min(source.length, end + 1);
  }
  text = (text + source.slice(at)).replace(/ {2,}/gu, " ").trim();
  const isUsable = text !== "" && templateProblem(text) === undefined;
  return { text: isUsable ? text : undefined, lost, portals };
}

/** Where the brace is that closes an expression; braces in quotes and pairs of braces inside are part of it. */
function endOfExpression(source: string, start: number): number {
  let depth = 0;
  let quote = "";
  for (let at = start; at < source.length; at++) {
    const character = source[at] ?? "";
    if (quote !== "") {
      if (character === quote) quote = "";
    } else if (character === "'" || character === '"') {
      quote = character;
    } else if (character === "{") {
      depth++;
    } else if (character === "}" && depth-- === 0) {
      return at;
    }
  }
  return source.length;
}

function translateExpression(expression: string): string | undefined {
  const place = translatePlace(expression);
  if (place !== undefined) return place;
  const call = /^(?<name>[A-Za-z]\w*)\((?<list>.*)\)$/su.exec(expression)?.groups;
  const { name = "", list = "" } = call ?? {};
  if (Object.hasOwn(links, name)) return links[name];
  const form = /^(['"])(?<form>\w+)\1$/u.exec(list.trim())?.groups?.["form"] ?? "";
  if (name === "detailsTable" && tableForms.includes(form)) return `${form}DetailsTable`;
  const filter = Object.hasOwn(filters, name) ? filters[name] : undefined;
  if (filter === undefined) return undefined;
  const [first = "", ...rest] = list.split(/,(?=(?:[^'"]|'[^']*'|"[^"]*")*$)/u).map((one) => one.trim());
  const value = translateExpression(first);
  const isPlain = rest.every((one) => /^(?:-?\d+(?:\.\d+)?|'[^']*'|"[^"]*")$/u.test(one));
  if (value === undefined || !isPlain) return undefined;
  return `${value} | ${filter}${rest.length === 0 ? "" : `: ${rest.join(", ")}`}`;
}

/**
 * `entity`, `tags.host`, `tags['disk name']`, `entity.label`. Of an entity's tags other characters than letters, digits and
 * `_` are `_` here. All else of ATSD's webhook is a field: `rule.name` is `rule_name`.
 */
function translatePlace(expression: string): string | undefined {
  if (/^[A-Za-z_]\w*$/u.test(expression)) return expression;
  const tag = /^tags(?:\.(?<plain>[\w.-]+)|\[(?<quote>['"])(?<quoted>[^'"]+)\k<quote>\])$/u.exec(expression)?.groups;
  const name = tag?.["plain"] ?? tag?.["quoted"];
  if (name !== undefined) return /^\w+$/u.test(name) ? `tags.${name}` : `tags["${name}"]`;
  if (/^(?:entity\.(?:label|displayName)|metric\.(?:label|name))$/u.test(expression)) return expression;
  const own = /^entity\.tags(?:\.(?<plain>[\w.-]+)|\[(?<quote>['"])(?<quoted>[^'"]+)\k<quote>\])$/u.exec(
    expression,
  )?.groups;
  const entityTag = own?.["plain"] ?? own?.["quoted"];
  if (entityTag !== undefined) return `entity.tags.${entityTag.replaceAll(/\W/gu, "_")}`;
  return /^[A-Za-z_]\w*(?:\.\w+)+$/u.test(expression) ? expression.replaceAll(".", "_") : undefined;
}
