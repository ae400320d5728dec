import { limits } from "../core/limits.ts";
import type { Portal } from "../core/portal.ts";

/*
 * Portals with parameters of their own, and addresses that are portals'. A plan names a portal by its name, or as
 * `NAME?entity=web01&from=now-6h`: these parameters go before what the alert says.
 */

export interface PortalReference {
  readonly name: string;
  /** By the names of the placeholders; `tags.NAME` for a tag. */
  readonly given: ReadonlyMap<string, string>;
}

/** No name of a portal has a question mark. */
export function readPortalReference(reference: string): PortalReference {
  const mark = reference.indexOf("?");
  if (mark < 0) return { name: reference, given: new Map() };
  return { name: reference.slice(0, mark), given: new Map(new URLSearchParams(reference.slice(mark))) };
}

export function portalReference({ name, given }: PortalReference): string {
  return given.size === 0 ? name : `${name}?${new URLSearchParams([...given]).toString()}`;
}

/**
 * The portal whose page an address is: the origin and the path of its URL are the same, and no fixed parameter of its query is
 * another one. What the address has in place of placeholders are the portal's parameters; what else it has in its query does
 * not count. Of several portals the one that shares most fixed parameters, or else the first. Undefined for any other address.
 */
export function portalOfAddress(address: string, portals: ReadonlyMap<string, Portal>): PortalReference | undefined {
  const link = address.length <= limits.urlCharsMax ? URL.parse(address) : null;
  if (link === null || link.username !== "" || link.password !== "") return undefined;
  let best: { readonly reference: PortalReference; readonly shared: number } | undefined;
  for (const [name, { url }] of portals) {
    const found = compare(link, url);
    if (found === undefined || found.shared <= (best?.shared ?? -1)) continue;
    best = { reference: { name, given: found.given }, shared: found.shared };
  }
  return best?.reference;
}

interface Comparison {
  readonly given: ReadonlyMap<string, string>;
  /** Fixed parameters of the query that the address has, too. */
  readonly shared: number;
}

const parts = /^(?<origin>https?:\/\/[^/?#]+)(?<path>[^?#]*)(?:\?(?<query>[^#]*))?(?:#(?<fragment>.*))?$/iu;
const expression = /\$\{[^}]*\}|\{%[\s\S]*?%\}/gu;

function compare(link: URL, template: string): Comparison | undefined {
  const origin = /^https?:\/\/[^/?#]+/iu.exec(template)?.[0] ?? "";
  if (URL.parse(origin)?.origin !== link.origin) return undefined;
  // What stands in an expression must not be taken for a part of the address.
  const expressions: string[] = [];
  const bare = template.replace(expression, (found) => `\u{E000}${expressions.push(found) - 1}\u{E001}`);
  const { path = "", query = "", fragment } = parts.exec(bare)?.groups ?? {};
  const taking = taker(expressions);
  const isSamePlace =
    taking.takePath(path, link.pathname) && (fragment === undefined || taking.takePath(fragment, link.hash.slice(1)));
  const shared = isSamePlace ? taking.takeQuery(query, link.searchParams) : undefined;
  return shared === undefined ? undefined : { given: taking.given, shared };
}

/** Takes an address apart as a template is written; every method is false or undefined where it is another address. */
function taker(expressions: readonly string[]) {
  const given = new Map<string, string>();
  /** `none` where this may be the template's doing, but cannot be told. */
  const take = (template: string, text: string): "same" | "other" | "none" => {
    const form = formOf(template, expressions);
    if (form === undefined) return "none";
    const { before, name, after } = form;
    if (name === undefined) return before === text ? "same" : "other";
    if (text.length <= before.length + after.length || !text.startsWith(before) || !text.endsWith(after))
      return "other";
    const value = text.slice(before.length, text.length - after.length);
    if ((given.get(name) ?? value) !== value) return "other";
    given.set(name, value);
    return "same";
  };
  return {
    given,
    takePath(template: string, path: string): boolean {
      const [wanted, segments] = [segmentsOf(template), segmentsOf(path)];
      return (
        wanted.length === segments.length &&
        wanted.every((one, index) => take(decoded(one), decoded(segments[index] ?? "")) === "same")
      );
    },
    /** How many fixed parameters are the same. */
    takeQuery(template: string, query: URLSearchParams): number | undefined {
      let shared = 0;
      for (const [name, wanted] of new URLSearchParams(template)) {
        const texts = query.getAll(name).filter((text) => text !== "" || wanted === "");
        if (texts.length === 0) continue;
        const isFixed = !wanted.includes("\u{E000}");
        const results = (isFixed ? texts : texts.slice(0, 1)).map((text) => take(wanted, text));
        if (results.every((result) => result === "other")) return undefined;
        if (isFixed) shared++;
      }
      return shared;
    },
  };
}

/** `now-${hours}h` is fixed text around one placeholder; undefined for what is more than that. */
function formOf(
  template: string,
  expressions: readonly string[],
): { readonly before: string; readonly name: string | undefined; readonly after: string } | undefined {
  const [before = "", held, ...rest] = template.split(/\u{E000}(?<index>\d+)\u{E001}/u);
  if (held === undefined) return { before, name: undefined, after: "" };
  const [after = "", ...more] = rest;
  const name = /^\$\{\s*(?<name>(?:tags\.)?[\p{L}_][\p{L}\p{N}_-]*)\s*\}$/u.exec(expressions[Number(held)] ?? "")
    ?.groups?.["name"];
  return name === undefined || more.length > 0 ? undefined : { before, name, after };
}

/** One slash at the end does not count. */
function segmentsOf(path: string): readonly string[] {
  return path.replace(/\/$/u, "").split("/");
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
