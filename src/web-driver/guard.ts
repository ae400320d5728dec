import { Agent, createServer } from "node:http";
import type { Server as HttpServer } from "node:http";
import { connect } from "node:net";
import type { LookupFunction, Socket } from "node:net";
import { callbackify } from "node:util";
import { RequestError, Server } from "proxy-chain";
import { systemCodeOf } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import { race, within } from "../core/wait.ts";
import { isPublic, resolveHost } from "./address.ts";
import type { Address } from "./address.ts";
import { canonicalHost, formatEndpoint } from "./allow.ts";
import type { AllowList, Endpoint } from "./allow.ts";

export { AllowEntry } from "./allow.ts";

/*
 * The outbound guard: the browser's only way out, loopback included, is a forward proxy inside this process. It resolves a
 * name once, checks every address and dials exactly those addresses, so that a name which changes its mind (DNS rebinding)
 * gains nothing. Route interception in the browser is no such guard: it does not see redirects, WebSockets and popups.
 *
 * Each shot has a gate of its own, a proxy on a port of its own: the port says whose request it is. Proxy credentials say so
 * too, but Playwright answers their 407 by intercepting every request (35 ms more on a page with 20 resources, measured) and
 * by turning the cache off; a listening port costs less than 1 ms.
 */

/** One shot's way out. Disposing it cuts every connection of the shot. */
export interface Gate extends AsyncDisposable {
  readonly proxyUrl: string;
  /** Whether this gate refused to open the target. */
  hasRefused(target: Endpoint): boolean;
  /** The system's code (`ECONNREFUSED`, `ENOTFOUND`, …) of a connection that was allowed and failed. */
  failureOf(target: Endpoint): string | undefined;
}

export interface GatePolicy {
  /** Targets that may be opened wherever they resolve to. */
  readonly isAllowed: AllowList;
  /** Whether other targets may be opened when all their addresses are public (scripts and fonts of a CDN). */
  readonly allowsPublic: boolean;
}

export type Decision =
  | { readonly kind: "open"; readonly addresses: readonly Address[] }
  | { readonly kind: "refused" }
  | { readonly kind: "failed"; readonly code: string };

export async function openGate(policy: GatePolicy): Promise<Gate> {
  const closed = new AbortController();
  const decisions = new Map<string, Promise<Decision>>();
  const refused = new Set<string>();
  const failed = new Map<string, string>();

  const decideOnce = (target: Endpoint): Promise<Decision> => {
    const key = formatEndpoint(target);
    const known = decisions.get(key);
    if (known !== undefined) return known;
    const decision = decide(target, policy, closed.signal);
    decisions.set(key, decision);
    return decision;
  };
  const dialTarget = async (target: Endpoint): Promise<Socket> => {
    const decision = await decideOnce(target);
    const key = formatEndpoint(target);
    if (decision.kind === "refused") {
      refused.add(key);
      throw new RequestError("Chartbell does not allow this address.", 403);
    }
    try {
      if (decision.kind === "failed") throw Object.assign(new Error("No address."), { code: decision.code });
      return await dial(target, decision.addresses, closed.signal);
    } catch (error) {
      failed.set(key, systemCodeOf(error) ?? "ETIMEDOUT");
      throw new RequestError("Chartbell could not connect.", 599);
    }
  };

  const agent = createAgent(dialTarget);
  const proxy = new Server({
    host: "127.0.0.1",
    port: 0,
    prepareRequestFunction: async ({ hostname, port, isHttp }) => {
      const target = { host: canonicalHost(hostname) ?? hostname, port };
      if (!isHttp) return { customConnectServer: tunnelTo(await dialTarget(target)) };
      // A request over a kept connection is not dialled again, so the answer to "may it" cannot be left to the dial.
      if ((await decideOnce(target)).kind !== "open") await dialTarget(target);
      return { httpAgent: agent };
    },
  });
  await proxy.listen();
  return {
    proxyUrl: `http://127.0.0.1:${proxy.port}`,
    hasRefused: (target) => refused.has(formatEndpoint(target)),
    failureOf: (target) => failed.get(formatEndpoint(target)),
    async [Symbol.asyncDispose]() {
      if (closed.signal.aborted) return;
      closed.abort();
      agent.destroy();
      await proxy.close(true);
    },
  };
}

/** Resolves a target's name and says whether all that it stands for may be opened; within limits.proxyConnectMs. */
export async function decide(target: Endpoint, policy: GatePolicy, signal: AbortSignal): Promise<Decision> {
  const isAllowed = policy.isAllowed(target);
  if (!isAllowed && !policy.allowsPublic) return { kind: "refused" };
  try {
    const addresses = await race(resolveHost(target.host), within(limits.proxyConnectMs, signal));
    if (!isAllowed && !addresses.every(isPublic)) return { kind: "refused" };
    return addresses.length === 0 ? { kind: "failed", code: "ENOTFOUND" } : { kind: "open", addresses };
  } catch (error) {
    return { kind: "failed", code: systemCodeOf(error) ?? "ENOTFOUND" };
  }
}

/** Connects to the checked addresses and no other: the lookup hands out what was decided. */
async function dial(target: Endpoint, addresses: readonly Address[], signal: AbortSignal): Promise<Socket> {
  const pinned: LookupFunction = (_host, options, callback) => {
    const [first] = addresses;
    if (options.all === true) callback(null, [...addresses]);
    else callback(null, first?.address ?? "", first?.family ?? 4);
  };
  const socket = connect({ host: target.host, port: target.port, lookup: pinned, noDelay: true, signal });
  const connected = Promise.withResolvers<Socket>();
  socket.once("connect", () => connected.resolve(socket));
  socket.once("error", (error) => connected.reject(error));
  try {
    await race(connected.promise, within(limits.proxyConnectMs, signal));
  } catch (error) {
    socket.destroy();
    throw error;
  }
  // The pipe or the HTTP client on top reports a broken connection; this only keeps it from being thrown.
  socket.on("error", () => undefined);
  return socket;
}

/** An agent per gate: a connection kept by one shot must not serve another with fewer permissions. */
function createAgent(dialTarget: (target: Endpoint) => Promise<Socket>): Agent {
  // Idle connections end here before a server may end them: a request that meets the end of its connection is lost.
  const agent = new Agent({ keepAlive: true, timeout: 1000 });
  const dialWithCallback = callbackify(dialTarget);
  agent.createConnection = (options, callback) => {
    const host = options.host ?? "";
    const target = { host: canonicalHost(host) ?? host, port: Number(options.port ?? 80) };
    dialWithCallback(target, (error, socket) => callback?.(error, socket));
    return undefined;
  };
  return agent;
}

/** What proxy-chain takes to hand over a client's CONNECT socket: a server that never listens and pipes instead. */
function tunnelTo(target: Socket): HttpServer {
  const tunnel = createServer();
  tunnel.removeAllListeners("connection");
  tunnel.once("connection", (client: Socket) => {
    const closeBoth = (): void => {
      client.destroy();
      target.destroy();
    };
    client.once("close", closeBoth);
    target.once("close", closeBoth);
    client.once("error", closeBoth);
    client.pipe(target);
    target.pipe(client);
  });
  return tunnel;
}
