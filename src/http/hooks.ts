import { createHash } from "node:crypto";
import { Router } from "express";
import type { Request, RequestHandler } from "express";
import type { AlertInput } from "../core/alert.ts";
import type { Clock } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";
import { invalidInput } from "../core/input.ts";
import { limits } from "../core/limits.ts";
import type { Logger } from "../core/log.ts";
import { nearest } from "../core/nearest.ts";
import type { TokenScope } from "../core/token.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";
import type { Accepted } from "../store/contract.ts";
import { readHook, sourceOf, sources, unconfiguredHook } from "../triggers/index.ts";
import type { HookOptions, Outside, Payload, ReadAlert, Reading, Rejection } from "../triggers/index.ts";
import { basicPasswordOf, bearerOf, refuseForeignPage, requireKnown, requireScope } from "./access.ts";
import type { ApiTokens } from "./access.ts";
import { bodyIn, bytesOf, rawBody } from "./body.ts";
import { onlyMethods } from "./problem.ts";

const hookScope: TokenScope = "alerts";

type Hooks = Readonly<Record<string, HookOptions>>;

export interface HookDeps {
  /** The configured hooks and the tokens of the API, by name, as they are now. */
  readonly hooks: () => Hooks;
  readonly tokens: ApiTokens;
  readonly pipeline: Pick<Pipeline, "accept">;
  readonly outside: Outside;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * `POST /hooks/NAME`: the payloads of other systems. 202 with the alerts' ids once they are kept; what could not be used of
 * a batch stands in `rejected`, what was changed in `adjusted`. 400 only when nothing could be used.
 */
export function hookRoutes(deps: HookDeps): Router {
  const router = Router();
  const path = "/hooks/:name";
  const find = (request: Request<{ name: string }>) => findHook(request.params.name, deps.hooks());
  const admit: RequestHandler<{ name: string }> = (request, response, next) => {
    // Amazon SNS sends a password only to who asks for it.
    response.set("www-authenticate", ['Basic realm="Chartbell hooks"', "Bearer"]);
    requireHookToken(request, deps.tokens(), find(request));
    response.removeHeader("www-authenticate");
    next();
  };
  router.post(
    path,
    refuseForeignPage,
    admit,
    boundedUnderway(),
    rawBody(limits.hookBodyBytesMax),
    async (request, response) => {
      const { name } = request.params;
      const hook = find(request);
      if (hook === undefined) throw unknownHook(name, deps.hooks());
      const reading = await readRequest(request, hook, deps);
      const { alerts, adjusted } = withArrivalTimes(reading.alerts, deps.clock.now());
      const accepted = await acceptInOrder(
        name,
        alerts.map((read) => placed(read, name, hook)),
        deps,
      );
      response.status(202).json({
        alerts: accepted,
        ...(reading.rejected.length === 0 ? {} : { rejected: reading.rejected.map(rejectionJson) }),
        ...(adjusted.length === 0 ? {} : { adjusted }),
      });
    },
  );
  router.all(path, onlyMethods("POST"));
  return router;
}

function findHook(name: string, hooks: Hooks): HookOptions | undefined {
  return Object.hasOwn(hooks, name) ? hooks[name] : unconfiguredHook(name);
}

function unknownHook(name: string, hooks: Hooks): AppError {
  const known = [...new Set([...Object.keys(hooks), ...Object.keys(sources)])];
  const near = nearest(name, known);
  const hint = name === "generic" ? "Configure it: its mapping stands under hooks: in the configuration." : undefined;
  const said = hint ?? (near === undefined ? `There are: ${known.join(", ")}.` : `Did you mean \`${near}\`?`);
  return new AppError("hook_unknown", `There is no hook \`${name.slice(0, 100)}\`.`, { hint: said });
}

/**
 * A token of server.tokens or the hook's own, as Bearer or as the password of HTTP Basic. In the address only the hook's own
 * is taken, and only where the configuration says so: addresses end up in logs.
 */
function requireHookToken(request: Request, tokens: ReturnType<ApiTokens>, hook: HookOptions | undefined): void {
  const own = hook?.token === undefined ? [] : [{ token: hook.token, scopes: [hookScope] }];
  const inUrl = hook?.tokenInUrl === true ? request.query["token"] : undefined;
  const known =
    typeof inUrl === "string"
      ? requireKnown(inUrl, own)
      : requireKnown(bearerOf(request) ?? basicPasswordOf(request), [...Object.values(tokens), ...own]);
  if (known !== undefined) requireScope(known, hookScope);
}

/** Refuses requests beyond limits.hooksUnderwayMax: senders come back after a 503, and memory stays bounded. */
function boundedUnderway(): RequestHandler<{ name: string }> {
  let underway = 0;
  return (_request, response, next) => {
    if (underway >= limits.hooksUnderwayMax) {
      const retryAfterMs = limits.hookRetryAfterMs;
      throw new AppError("overloaded", `${underway} requests of hooks are being kept already.`, { retryAfterMs });
    }
    underway++;
    response.once("close", () => underway--);
    next();
  };
}

/** Reads the body; what is wrong with it is told together with an example of a right one. */
async function readRequest(request: Request<{ name: string }>, hook: HookOptions, deps: HookDeps): Promise<Reading> {
  const { forms, example } = sourceOf(hook);
  const about = { hook: request.params.name, source: hook.source };
  try {
    const payload: Payload = { body: bodyIn(request, forms), bytes: bytesOf(request), headers: headersOf(request) };
    const reading = await readHook(hook, payload, deps.outside);
    if (reading.rejected.length > 0) {
      deps.log.warn(
        { ...about, rejected: reading.rejected.slice(0, 5) },
        "A hook's request had members that are no alerts.",
      );
    }
    if (reading.alerts.length > 0 || reading.rejected.length === 0) return reading;
    throw invalidInput(reading.rejected.map(({ field, message }) => ({ field, message })));
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    // Few senders show the answer to anybody: the log does.
    deps.log.warn({ ...about, code: error.code, reason: error.message }, "A hook's request was refused.");
    if (error.httpStatus !== 400 && error.httpStatus !== 415) throw error;
    const { code, message, hint, details } = error;
    throw new AppError(code, message, { hint, details: { ...details, expected: example }, cause: error });
  }
}

function headersOf(request: Request): Payload["headers"] {
  const entries = Object.entries(request.headers).map(([name, value]): [string, string | undefined] => [
    name,
    Array.isArray(value) ? value.join(", ") : value,
  ]);
  return Object.fromEntries(entries);
}

interface Adjustment {
  readonly index: number;
  readonly field: "time";
  readonly message: string;
}

/** Alerts with a time that is far ahead get the time of arrival: a clock that is wrong costs no alert. */
function withArrivalTimes(
  alerts: readonly ReadAlert[],
  now: Date,
): { readonly alerts: readonly ReadAlert[]; readonly adjusted: readonly Adjustment[] } {
  const isFarAhead = ({ alert }: ReadAlert): boolean =>
    alert.time !== undefined && Date.parse(alert.time) - now.getTime() > limits.alertTimeAheadMsMax;
  const adjusted = alerts.flatMap((read, index): Adjustment[] => {
    const message = `${read.alert.time} is more than a day ahead; the time of arrival counts`;
    return isFarAhead(read) ? [{ index, field: "time", message }] : [];
  });
  const inTime = alerts.map((read) => (isFarAhead(read) ? { ...read, alert: withoutTime(read.alert) } : read));
  return { alerts: inTime, adjusted };
}

function withoutTime({ time: _time, ...alert }: AlertInput): AlertInput {
  return alert;
}

/** The alert with the hook's own channels and portals, where the payload's source named none. */
function placed(read: ReadAlert, source: string, { channels, portals }: HookOptions): ReadAlert {
  const { alert } = read;
  const places = { channels: alert.channels ?? channels, portals: alert.portals ?? portals };
  return { ...read, alert: { ...alert, ...places, source } };
}

/**
 * Keeps the alerts in their order. Those with a key are kept one by one, each under its key; a request that is sent again
 * after a failure half-way finds the first ones as duplicates.
 */
async function acceptInOrder(name: string, alerts: readonly ReadAlert[], deps: HookDeps): Promise<readonly Accepted[]> {
  if (alerts.length === 0) return [];
  if (alerts.every(({ key }) => key === undefined)) {
    return await deps.pipeline.accept(
      alerts.map(({ alert }) => alert),
      undefined,
    );
  }
  const accepted: Accepted[] = [];
  for (const read of alerts) {
    accepted.push(...(await deps.pipeline.accept([read.alert], keyOf(name, read, deps.clock.now()))));
  }
  return accepted;
}

/** A blank keeps it apart from every Idempotency-Key of `POST /api/alerts`. */
function keyOf(name: string, { key, keyForMs }: ReadAlert, now: Date): string | undefined {
  if (key === undefined) return undefined;
  const slot = keyForMs === undefined ? "" : Math.floor(now.getTime() / keyForMs);
  const digest = createHash("sha256")
    .update(JSON.stringify([key, slot]))
    .digest("base64url");
  return `hook ${name} ${digest}`;
}

function rejectionJson({ index, field, message }: Rejection): unknown {
  return { index, field, reason: message };
}
