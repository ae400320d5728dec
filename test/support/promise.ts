import { setTimeout as delay } from "node:timers/promises";
import type { Received } from "./recording-server.ts";
import { firstTimeMs, markPattern } from "./sender.ts";
import type { SentAlert } from "./sender.ts";
import type { AlertAnswer } from "./service.ts";

/*
 * The judge of Chartbell's promise: what a sender knows was accepted, what Chartbell says became of it, and what stands in
 * the room, held against each other. The room is a recording server: it knows every message that ever arrived.
 */

export const breaches = [
  /** It was accepted, and it neither stands in the room nor in the line of a later state of its key that does. */
  "lost",
  /** It stands in the room more often than its unknown outcomes explain. */
  "twice",
  /** A message of its key came after a later one, or a picture before its text. */
  "disordered",
  /** The room has it without having answered, and no unknown outcome is recorded. */
  "unrecorded",
] as const;
export type Breach = (typeof breaches)[number];

export interface Judgement {
  readonly accepted: number;
  /** Messages that ended as delivered, folded, and neither. */
  readonly delivered: number;
  readonly folded: number;
  readonly failed: number;
  readonly pictures: number;
  readonly unknown: number;
  /** Messages in the room beyond the first of each; each is covered by an unknown outcome, or a breach. */
  readonly repeated: number;
  readonly breaches: readonly { readonly breach: Breach; readonly what: string }[];
}

interface Arrival {
  readonly key: string;
  readonly number: number;
  readonly kind: "text" | "picture";
  readonly isAnswered: boolean;
}

/** Waits until every accepted alert is handled, at most `forMs` in all, wherever the service is; the others are left out. */
export async function outcomesOf(
  url: () => string,
  accepted: readonly SentAlert[],
  forMs: number,
): Promise<ReadonlyMap<string, AlertAnswer>> {
  const outcomes = new Map<string, AlertAnswer>();
  const endMs = performance.now() + forMs;
  for (const { id } of accepted) {
    while (!outcomes.has(id)) {
      const alert = await alertAt(url(), id).catch(() => undefined);
      if (alert?.state === "handled") outcomes.set(id, alert);
      else if (performance.now() > endMs) break;
      else await delay(50);
    }
  }
  return outcomes;
}

async function alertAt(url: string, id: string): Promise<AlertAnswer> {
  const answer = await fetch(`${url}/api/alerts/${id}`, { signal: AbortSignal.timeout(10_000) });
  const alert: AlertAnswer = JSON.parse(await answer.text());
  return alert;
}

/** Holds what was accepted, what became of it and what the room received against each other. One delivery per alert. */
export function judge(
  accepted: readonly SentAlert[],
  outcomes: ReadonlyMap<string, AlertAnswer>,
  received: readonly Received[],
): Judgement {
  const arrivals = received.flatMap(arrivalOf);
  const said = new Set(arrivals.filter(({ kind }) => kind === "text").map(({ key, number }) => `${key} ${number}`));
  const count = { delivered: 0, folded: 0, failed: 0, pictures: 0, unknown: 0 };
  const found: Judgement["breaches"][number][] = [];
  const alertOfDelivery = new Map(
    accepted.flatMap((alert) => (outcomes.get(alert.id)?.deliveries ?? []).map(({ id }) => [id, alert] as const)),
  );
  for (const alert of accepted) {
    const steps = outcomes.get(alert.id)?.deliveries[0]?.steps ?? [];
    const [text, picture] = steps;
    const into = alertOfDelivery.get(text?.foldedInto ?? "");
    const isFolded = into !== undefined && into.key === alert.key && into.number > alert.number;
    const { key, number } = isFolded ? into : alert;
    const isComplete = text !== undefined && (isFolded || picture !== undefined || !alert.hasPicture);
    const name = `${alert.key} ${alert.number} (${alert.id})`;
    if (!isComplete || !said.has(`${key} ${number}`)) {
      found.push({ breach: "lost", what: `${name}: ${JSON.stringify(steps)}` });
    }
    if (isFolded) count.folded++;
    else if (text?.status === "delivered") count.delivered++;
    else count.failed++;
    if (picture?.status === "delivered") count.pictures++;
    for (const [position, step] of steps.entries()) {
      const kind = position === 0 ? "text" : "picture";
      const own = arrivals.filter((one) => one.key === alert.key && one.number === alert.number && one.kind === kind);
      found.push(...stepBreaches(step, own, `${kind} of ${name}`));
      count.unknown += step.unknownAttempts ?? 0;
    }
  }
  found.push(...disorder(arrivals));
  const different = new Set(arrivals.map(({ key, number, kind }) => `${key} ${number} ${kind}`)).size;
  return { accepted: accepted.length, ...count, repeated: arrivals.length - different, breaches: found };
}

/** A step stands in the room once if it has a receipt, and at most once more for each of its unknown outcomes. */
function stepBreaches(
  { status, unknownAttempts = 0 }: AlertAnswer["deliveries"][number]["steps"][number],
  own: readonly Arrival[],
  name: string,
): Judgement["breaches"] {
  const receipts = status === "delivered" ? 1 : 0;
  const unanswered = own.filter(({ isAnswered }) => !isAnswered).length;
  const what = `${name}: ${own.length} in the room, ${unanswered} of them unanswered; ${status}, ${unknownAttempts} unknown`;
  const checks: readonly (readonly [Breach, boolean])[] = [
    ["lost", own.length < receipts],
    ["twice", own.length > receipts + unknownAttempts],
    ["unrecorded", unanswered > unknownAttempts],
  ];
  return checks.flatMap(([breach, isBroken]) => (isBroken ? [{ breach, what }] : []));
}

/** Texts of one key arrive in the order of acceptance, a repeated one before the next; a picture after its text. */
function disorder(arrivals: readonly Arrival[]): Judgement["breaches"] {
  const last = new Map<string, number>();
  return arrivals.flatMap(({ key, number, kind }) => {
    const latest = last.get(key) ?? -1;
    if (kind === "text") last.set(key, Math.max(latest, number));
    const isLate = kind === "text" ? number < latest : number > latest;
    return isLate ? [{ breach: "disordered", what: `${kind} ${key}.${number} after ${key}.${latest}` }] : [];
  });
}

const fileNamePattern = /filename="(?<key>[a-z\d]+)_[^"]+_(?<date>\d{8})_(?<time>\d{6})\./u;

/** Which message a request to the room was; a sentence in a picture's place counts as the picture. */
function arrivalOf({ url, body, isAnswered }: Received): readonly Arrival[] {
  const sent = { isAnswered: isAnswered() };
  if (url.includes("/share/file")) {
    const { key, date = "", time = "" } = fileNamePattern.exec(body.subarray(0, 2000).toString("latin1"))?.groups ?? {};
    const at = `${date}T${time}Z`.replace(/(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)/u, "$1-$2-$3T$4:$5:");
    const number = (Date.parse(at) - firstTimeMs) / 1000;
    return key === undefined ? [] : [{ ...sent, key, number, kind: "picture" }];
  }
  if (!url.includes("/notification")) return [];
  const { message }: { message: string } = JSON.parse(body.toString());
  const { key, number } = markPattern.exec(message)?.groups ?? {};
  const kind = message.startsWith("No picture of") ? "picture" : "text";
  return key === undefined ? [] : [{ ...sent, key, number: Number(number), kind }];
}
