import { createServer } from "node:http";
import type { IncomingMessage, RequestListener } from "node:http";
import { once } from "node:events";

export interface LoopbackServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
}

/** A real HTTP server on a free loopback port; disposing it cuts every connection. */
export async function listen(handler: RequestListener): Promise<LoopbackServer> {
  const server = createServer(handler);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The test server has no port.");
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The whole body of a request. */
export async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
