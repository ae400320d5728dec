import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";

/** An alert that was accepted: which of its key, and under which id. */
export interface SentAlert {
  readonly key: string;
  /** From 0, in the order in which they were accepted. */
  readonly number: number;
  readonly id: string;
  readonly hasPicture: boolean;
}

export interface SenderOptions {
  /** Where the service is now; it may be somewhere else after a start. */
  readonly url: () => string;
  readonly keys: readonly string[];
  /** How many alerts of each key; without it, until `stop`. */
  readonly alertsPerKey?: number;
  /** Between two alerts of a key, and before one is sent again, milliseconds. */
  readonly pauseMs: () => number;
  /** A picture of this portal with every fourth alert. */
  readonly portal?: string;
  readonly onAccepted?: (alert: SentAlert) => void;
}

export interface Sender {
  readonly accepted: readonly SentAlert[];
  /** Resolves when everything that was begun is accepted. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

/**
 * Sends alerts of several keys as a monitoring system would: of each key one after the other, each with an idempotency key,
 * and again with that key until it is accepted.
 */
export function startSender(options: SenderOptions): Sender {
  const accepted: SentAlert[] = [];
  const state = { isStopped: false };
  const sendAll = async (key: string, index: number): Promise<void> => {
    for (let number = 0; number < (options.alertsPerKey ?? Infinity) && !state.isStopped; number++) {
      const hasPicture = options.portal !== undefined && (number + index) % 4 === 1;
      const body = JSON.stringify(alertBody(key, number, hasPicture ? options.portal : undefined));
      const alert = { key, number, hasPicture, id: await sendUntilAccepted(body, options) };
      accepted.push(alert);
      options.onAccepted?.(alert);
      await delay(options.pauseMs());
    }
  };
  const ended = Promise.all(options.keys.map(sendAll)).then(() => undefined);
  return {
    accepted,
    ended,
    async stop() {
      state.isStopped = true;
      await ended;
    },
  };
}

/** What a message says of itself, wherever it stands; keys are letters and digits. A picture's file tells it by its time. */
const markOf = (key: string, number: number): string => `mark-${key}-${number}-`;
export const markPattern = /mark-(?<key>[a-z\d]+)-(?<number>\d+)-/u;
/** The time that the first alert of a key is about; each further one a second later. */
export const firstTimeMs = Date.UTC(2026, 0, 1);

function alertBody(key: string, number: number, portal: string | undefined): object {
  return {
    rule: key,
    status: number === 0 ? "OPEN" : "REPEAT",
    severity: "warning",
    message: markOf(key, number),
    time: new Date(firstTimeMs + number * 1000).toISOString(),
    fields: { mark: markOf(key, number) },
    ...(portal === undefined ? {} : { portals: [portal] }),
  };
}

async function sendUntilAccepted(body: string, { url, pauseMs }: SenderOptions): Promise<string> {
  const headers = { "content-type": "application/json", "idempotency-key": randomUUID() };
  for (;;) {
    const answer = await fetch(`${url()}/api/alerts`, {
      method: "POST",
      headers,
      body,
      signal: AbortSignal.timeout(10_000),
    }).then(
      async (response) => ({ status: response.status, text: await response.text() }),
      () => undefined,
    );
    if (answer?.status === 202) {
      const { alerts }: { alerts: { id: string }[] } = JSON.parse(answer.text);
      const [alert] = alerts;
      if (alert !== undefined) return alert.id;
    }
    if (answer !== undefined && answer.status < 500) throw new Error(`The alert was refused: ${answer.text}`);
    await delay(pauseMs());
  }
}
