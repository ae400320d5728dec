import { Fault } from "../answer.ts";
import type { Call } from "./router.ts";

const pageMax = 1000;
const pageDefault = 100;

export interface Page {
  readonly startIndex: number;
  readonly maxResults: number;
}

/** `start-index` and `max-results` (100 unless named, 1,000 at most). Throws 400. */
export function pageOf({ request }: Pick<Call, "request">): Page {
  return {
    startIndex: readCount(request.query, "start-index", 0, Number.MAX_SAFE_INTEGER),
    maxResults: readCount(request.query, "max-results", pageDefault),
  };
}

/** A whole number of the query. Throws 400. */
export function readCount(query: URLSearchParams, name: string, fallback: number, max = pageMax): number {
  const text = query.get(name);
  if (text === null) return fallback;
  const count = /^\d{1,15}$/u.test(text) ? Number(text) : Number.NaN;
  if (count >= 0 && count <= max) return count;
  throw new Fault(400, `Value u'${text.slice(0, 100)}' for field '${name}' is not an integer from 0 to ${max}`, {
    expected_type: "integer",
    field: name,
    validation: "type",
  });
}

/** One page of a list with links to its neighbours, as all of HipChat's lists are. */
export function pageAnswer<Item>(
  items: readonly Item[],
  { startIndex, maxResults }: Page,
  self: string,
  view: (item: Item) => unknown,
): Readonly<Record<string, unknown>> {
  const link = (start: number): string => `${self}?start-index=${start}&max-results=${maxResults}`;
  const next = startIndex + maxResults;
  return {
    items: items.slice(startIndex, next).map(view),
    startIndex,
    maxResults,
    links: {
      self,
      ...(startIndex > 0 ? { prev: link(Math.max(0, startIndex - maxResults)) } : {}),
      ...(next < items.length && maxResults > 0 ? { next: link(next) } : {}),
    },
  };
}
