import type { Alert } from "../core/alert.ts";
import { AppError } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import { ShotOptions } from "../core/portal.ts";
import type { Portal } from "../core/portal.ts";
import { durationMs } from "../core/quantity.ts";
import { Link, placeholdersOf, renderTemplate } from "../core/template.ts";
import type { Identity, ShotRequest } from "../web-driver/contract.ts";
import { unknownName } from "./admit.ts";
import type { PortalMention } from "./compose.ts";
import { urlValues } from "./placeholders.ts";
import { readPortalReference } from "./portal-link.ts";
import type { PortalReference } from "./portal-link.ts";

/** What is to be photographed, ready for the web driver. */
export interface Target extends PortalMention {
  /** Name of the portal, or `url` for an address that a caller gave. */
  readonly name: string;
  readonly url: string;
  /** The address without the time that its chart shows: what is the same picture later on. */
  readonly lastingUrl: string;
  readonly request: ShotRequest;
  readonly onTimeout: Portal["onTimeout"] | "as-is";
}

const rangeNames = ["from", "to", "from_datetime", "to_datetime"];

/** The portals of the configuration by name. */
export type Portals = ReadonlyMap<string, Portal>;

export interface TargetOptions {
  /** Strict: a missing or unknown parameter is an error. Otherwise it is left empty, as in an alert's texts. */
  readonly strict: boolean;
  /** Wishes of a caller that replace the portal's own. */
  readonly overrides?: Partial<ShotOptions>;
}

/** A portal with its URL's placeholders filled in. Throws portal_unknown, parameter_missing or parameter_unknown. */
export function portalTarget(
  portals: Portals,
  name: string,
  values: Readonly<Record<string, unknown>>,
  { strict, overrides = {} }: TargetOptions,
): Target {
  const portal = portals.get(name);
  if (portal === undefined) throw unknownName("portal", name, [...portals.keys()]);
  if (strict) refuseParameters(name, portal, values);
  const filled = { ...portal.defaults, ...withoutEmpty(values) };
  const url = renderTemplate(portal.url, filled, "url");
  const lasting = Object.fromEntries(rangeNames.map((range) => [range, portal.defaults[range]]));
  const options: ShotOptions = { ...shotOptionsOf(portal), ...overrides };
  return {
    name,
    title: portal.title ?? name,
    url,
    lastingUrl: renderTemplate(portal.url, { ...filled, ...lasting }, "url"),
    onTimeout: portal.onTimeout,
    request: {
      reuse: name,
      url: checkUrl(url),
      trustUrl: true,
      options,
      identity: identityOf(portal),
      ignoreCertificate: !portal.tls.verify,
    },
  };
}

/**
 * A portal as an alert fills it in: what it does not say is left empty. `reference` may give parameters that go before the
 * alert's. Throws portal_unknown.
 */
export function alertTarget(portals: Portals, reference: string, alert: Alert): Target {
  const { name, given } = readPortalReference(reference);
  const lead = portals.get(name)?.lead;
  const values = urlValues(alert, lead === undefined ? 0 : durationMs(lead));
  return portalTarget(portals, name, { ...values, ...givenValues(given, alert) }, { strict: false });
}

function givenValues(given: PortalReference["given"], { tags }: Alert): Readonly<Record<string, unknown>> {
  const prefix = "tags.";
  const ofTags = [...given].flatMap(([name, value]) =>
    name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [],
  );
  return { ...Object.fromEntries(given), tags: { ...tags, ...Object.fromEntries(ofTags) } };
}

/** An address that a caller gave; `trustUrl` when the caller is the operator. Throws url_invalid. */
export function urlTarget(url: string, overrides: Partial<ShotOptions>, trustUrl: boolean): Target {
  const options: ShotOptions = { ...ShotOptions.parse({}), ...overrides };
  const identity: Identity = { headers: {}, cookies: [], basic: undefined };
  return {
    name: "url",
    title: URL.parse(url)?.host ?? url,
    url,
    lastingUrl: url,
    onTimeout: "as-is",
    request: { reuse: undefined, url: checkUrl(url), trustUrl, options, identity, ignoreCertificate: false },
  };
}

function checkUrl(url: string): string {
  const parsed = url.length <= limits.urlCharsMax ? URL.parse(url) : null;
  const isWeb = parsed?.protocol === "http:" || parsed?.protocol === "https:";
  if (parsed === null || !isWeb || parsed.username !== "" || parsed.password !== "") {
    throw new AppError("url_invalid", "The address is not an absolute http(s) URL without a user name.");
  }
  return parsed.href;
}

function refuseParameters(name: string, portal: Portal, values: Readonly<Record<string, unknown>>): void {
  const known = placeholdersOf(portal.url);
  const unknown = Object.keys(values).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    throw new AppError("parameter_unknown", `The portal \`${name}\` has no parameter \`${unknown}\`.`, {
      hint: known.length === 0 ? "Its URL takes none." : `Its URL takes: ${known.join(", ")}.`,
      details: { parameter: unknown },
    });
  }
  const missing = known.find((key) => values[key] === undefined && portal.defaults[key] === undefined);
  if (missing !== undefined) {
    throw new AppError("parameter_missing", `The portal \`${name}\` needs the parameter \`${missing}\`.`, {
      details: { parameter: missing },
    });
  }
}

function withoutEmpty(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const kept = Object.entries(values).filter(([, value]) => value !== undefined && value !== "");
  return Object.fromEntries(kept.map(([key, value]) => [key, value instanceof Link ? value.url : value]));
}

function shotOptionsOf(portal: Portal): ShotOptions {
  const { viewport, ready, crop, fullPage, hide, timezone, locale, colorScheme, timeoutMs } = portal;
  return { viewport, ready, crop, fullPage, hide, timezone, locale, colorScheme, timeoutMs };
}

function identityOf({ signIn }: Portal): Identity {
  const none: Identity = { headers: {}, cookies: [], basic: undefined };
  switch (signIn?.kind) {
    case undefined:
      return none;
    case "header":
      return { ...none, headers: signIn.headers };
    case "basic":
      return { ...none, basic: { username: signIn.username, password: signIn.password } };
    case "cookie":
      return {
        ...none,
        cookies: Object.entries(signIn.cookies).map(([cookie, value]) => ({ name: cookie, value, path: "/" })),
      };
  }
}
