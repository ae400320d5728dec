import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/** What a network or the other side does to a connection. */
export type Fault =
  | { readonly kind: "pass" }
  /** The connection is reset once so many bytes of a request came; the rest never reaches the other side. */
  | { readonly kind: "reset-request"; readonly afterBytes: number }
  /** The whole request is passed on; the connection is reset after so many bytes of the answer. */
  | { readonly kind: "reset-answer"; readonly afterBytes: number }
  /** Connections are taken and nothing comes back: requests vanish, or arrive and their answers vanish. */
  | { readonly kind: "half-open"; readonly vanishes: "request" | "answer" }
  /** Answers come byte by byte. */
  | { readonly kind: "drip"; readonly everyMs: number }
  /** No connection is taken, and those there are end. */
  | { readonly kind: "refuse" }
  /** Answers come later. */
  | { readonly kind: "delay"; readonly ms: number };

/** A TCP proxy before a server, whose behaviour can be changed while it runs. */
export interface FaultProxy extends AsyncDisposable {
  readonly url: string;
  /** From now on, for connections that are there too; a connection that something vanished from stays dumb. */
  set(fault: Fault): Promise<void>;
  /** Resolves when the fault of now has met so many connections or exchanges; never for `pass`, `refuse` and `delay`. */
  met(times: number): Promise<void>;
}

/** Starts a proxy on a free loopback port before the server at a port; it passes everything on at first. */
export async function startFaultProxy(targetPort: number): Promise<FaultProxy> {
  const state: { fault: Fault; met: number } = { fault: { kind: "pass" }, met: 0 };
  const clients = new Set<Socket>();
  const server = createServer((client) => {
    clients.add(client);
    client.on("close", () => clients.delete(client));
    join(
      client,
      targetPort,
      () => state.fault,
      () => state.met++,
    );
  });
  const port = await listenOn(server, 0);
  const cut = (): void => {
    for (const client of clients) client.resetAndDestroy();
  };
  return {
    url: `http://127.0.0.1:${port}`,
    async set(fault) {
      const wasListening = server.listening;
      Object.assign(state, { fault, met: 0 });
      if (fault.kind === "refuse" && wasListening) await closed(server, cut);
      if (fault.kind !== "refuse" && !wasListening) await listenOn(server, port);
    },
    async met(times) {
      while (state.met < times) await delay(10);
    },
    async [Symbol.asyncDispose]() {
      if (server.listening) await closed(server, cut);
    },
  };
}

async function listenOn(server: Server, port: number): Promise<number> {
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The proxy has no port.");
  return address.port;
}

async function closed(server: Server, cut: () => void): Promise<void> {
  const isClosed = once(server, "close");
  server.close();
  cut();
  await isClosed;
}

/** Joins a client to the server; each piece that comes is treated as the fault of that moment says. */
function join(client: Socket, targetPort: number, fault: () => Fault, meet: () => void): void {
  const target = connect({ port: targetPort, host: "127.0.0.1", noDelay: true });
  const exchange = { requestBytes: 0, answerBytes: 0, isDumb: false };
  const becomeDumb = (): void => {
    exchange.isDumb = true;
    meet();
  };
  let answering: Promise<unknown> = Promise.resolve();

  client.on("data", (bytes: Buffer) => {
    if (exchange.answerBytes > 0) Object.assign(exchange, { requestBytes: 0, answerBytes: 0 });
    exchange.requestBytes += bytes.length;
    const now = fault();
    if (now.kind === "half-open" && now.vanishes === "request") becomeDumb();
    if (exchange.isDumb) return;
    if (now.kind === "reset-request" && exchange.requestBytes >= now.afterBytes) {
      const before = bytes.length - (exchange.requestBytes - now.afterBytes);
      target.write(bytes.subarray(0, Math.max(0, before)));
      meet();
      client.resetAndDestroy();
      return;
    }
    target.write(bytes);
  });

  target.on("data", (bytes: Buffer) => {
    const now = fault();
    if (now.kind === "half-open" && now.vanishes === "answer") becomeDumb();
    if (exchange.isDumb) return;
    const left = now.kind === "reset-answer" ? Math.max(0, now.afterBytes - exchange.answerBytes) : bytes.length;
    exchange.answerBytes += bytes.length;
    answering = answering.then(async () => await answer(client, bytes.subarray(0, left), now));
    if (now.kind === "reset-answer" && left < bytes.length) {
      void answering.then(async () => {
        // What was written has to leave before the reset drops it.
        await delay(5);
        meet();
        client.resetAndDestroy();
      });
    }
  });

  client.on("close", () => target.destroy());
  target.on("close", () => void answering.then(() => (exchange.isDumb ? undefined : client.end())));
  // A broken connection is what these are here for.
  client.on("error", () => undefined);
  target.on("error", () => client.resetAndDestroy());
}

async function answer(client: Socket, bytes: Buffer, fault: Fault): Promise<void> {
  if (fault.kind === "delay") await delay(fault.ms);
  if (fault.kind !== "drip") {
    client.write(bytes);
    return;
  }
  for (let at = 0; at < bytes.length && !client.destroyed; at++) {
    client.write(bytes.subarray(at, at + 1));
    await delay(fault.everyMs);
  }
}
