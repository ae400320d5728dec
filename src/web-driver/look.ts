import { readFileSync } from "node:fs";
import { AppError } from "../core/errors.ts";
import type { Ready } from "../core/portal.ts";
import type { Tab } from "./tab.ts";

/** What is not finished about a page, asked of the page itself. */
export interface Look {
  readonly isLoading: boolean;
  /** The page has asked for an animation frame that has not come yet. */
  readonly awaitsFrame: boolean;
  /** The page or its product says that everything is drawn. */
  readonly isClaimed: boolean;
  /** Grafana, Kibana, …, when the page is one of theirs. */
  readonly product: string | undefined;
  /** Sentences, in words for people. */
  readonly missing: readonly string[];
  /** What the page (`data-chartbell-error`) or its product says went wrong. */
  readonly problem: string | undefined;
  readonly hasPassword: boolean;
  readonly chartCount: number;
  /** An element with an animation that never ends. */
  readonly endless: string | undefined;
}

/** A file that holds one expression; the formatter ends it like a statement. */
const source = (name: string): string =>
  readFileSync(new URL(`./in-page/${name}.js`, import.meta.url), "utf8")
    .trim()
    .replace(/;$/u, "");
const look = source("look");
const products = source("products");

/** Evaluated in the page: the expression apart, so that its own `return`-less text stands where an expression may stand. */
function lookSource(ready: Exclude<Ready, "auto">, cropSelector: string | undefined): string {
  const { selector, expression, charts, event } = ready;
  const plain = JSON.stringify({ selector, cropSelector, expression, charts, event });
  const evaluate = expression === undefined ? "true" : `(\n${expression}\n)`;
  return `(${look})({ ...${plain}, products: ${products}, evaluate: () => ${evaluate} })`;
}

export interface Looker {
  /**
   * The page as it is now; undefined while it is on its way to another document. Throws `expression_failed` for an
   * expression that is none, or that has thrown for `throwsMax` looks in a row, `request_invalid` for a bad selector, and
   * `page_login` for a sign-in page in place of charts.
   */
  look(signal: AbortSignal): Promise<Look | undefined>;
}

/** What an expression names may not exist yet, so it may throw for a while. */
const throwsMax = 8;

export function createLooker(tab: Tab, ready: Ready, cropSelector: string | undefined): Looker {
  const conditions = ready === "auto" ? {} : ready;
  const text = lookSource(conditions, cropSelector);
  let throws = 0;
  return {
    async look(signal) {
      const outcome = await tab.evaluate(text, signal);
      if (outcome.kind === "interrupted") return undefined;
      if (outcome.kind === "value") {
        throws = 0;
        const seen = outcome.value as Look;
        if (seen.hasPassword) refuseLogin(seen, tab.url());
        return seen;
      }
      throws += 1;
      if (/not a valid selector/u.test(outcome.message)) {
        throw new AppError("request_invalid", `No CSS selector: ${outcome.message}`);
      }
      if (conditions.expression === undefined) return undefined;
      if (outcome.name === "SyntaxError" || throws > throwsMax) {
        throw new AppError("expression_failed", `The ready expression threw: ${outcome.message}`);
      }
      return undefined;
    },
  };
}

/** A sign-in page instead of charts is never a picture. */
function refuseLogin({ chartCount }: Look, url: string): void {
  const path = URL.parse(url)?.pathname ?? "";
  if (chartCount > 0 && !/(?:^|[/_.-])(?:log-?in|sign-?in|sso|o?auth2?)(?:[/_.-]|$)/iu.test(path)) return;
  throw new AppError("page_login", "The portal asks for a sign-in instead of showing the page.");
}

/** What a look found wanting, as a verdict names it. */
export function unreadyOf(look: Look | undefined): readonly string[] {
  const problem = look?.problem === undefined ? [] : [`the page says: ${look.problem.slice(0, 200)}`];
  return [...(look?.missing ?? []), ...problem];
}
