import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { Agent, request } from "undici";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startApp } from "../../src/app.ts";
import type { App } from "../../src/app.ts";
import { parseConfig } from "../../src/config/load.ts";
import type { LoadedConfig } from "../../src/config/load.ts";
import { systemClock } from "../../src/core/clock.ts";
import { createLog } from "../../src/core/log.ts";
import { makeAuthority, makeServerCertificate } from "../../src/tls/authority.ts";
import { chartbell } from "../support/cli.ts";

/* HTTPS beside HTTP, over real sockets: who is given the printed certificate gets in, who is not refuses the server. */

let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "chartbell-https-"));
});
afterEach(async () => await rm(home, { recursive: true, force: true }));

const log = createLog({ level: "silent", pretty: false });

function loaded(tls: string): LoadedConfig {
  const yaml = `server: { tls: ${tls} }\nchannels: { lobby: { kind: room, room: Lobby } }\n`;
  return parseConfig(yaml, {
    file: join(home, "chartbell.yaml"),
    flags: { listen: "127.0.0.1:0", dataDir: join(home, "data") },
    env: {},
    cwd: home,
  });
}

const start = async (tls: string): Promise<App> =>
  await startApp(loaded(tls), { mode: "serve", clock: systemClock }, log);

interface Asked {
  readonly status: number;
  readonly text: string;
}

async function ask(url: string, ca: string | undefined): Promise<Asked> {
  const agent = new Agent({ connect: ca === undefined ? {} : { ca } });
  try {
    const { statusCode, body } = await request(url, { dispatcher: agent });
    return { status: statusCode, text: await body.text() };
  } finally {
    await agent.close();
  }
}

/** The first line of the answer to a request under a name that the connection itself does not have. */
async function askAs(host: string, path: string, app: App, ca: string): Promise<string> {
  const port = Number(new URL(secure(app)).port);
  const socket = connectTls({ port, host: "127.0.0.1", ca, servername: "localhost" });
  socket.end(`GET ${path} HTTP/1.1\r\nHost: ${host}:${port}\r\nConnection: close\r\n\r\n`);
  const answer = await text(socket);
  return answer.split("\r\n", 1)[0] ?? "";
}

/** The number of the certificate that the server shows now. */
async function shownSerial(app: App): Promise<string> {
  const socket = connectTls({ port: Number(new URL(secure(app)).port), host: "127.0.0.1", rejectUnauthorized: false });
  await once(socket, "secureConnect");
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return serialNumber;
}

function secure({ secureUrl }: App): string {
  if (secureUrl === undefined) throw new Error("It does not listen with TLS.");
  return secureUrl;
}

test("a made certificate: the printed PEM lets a client in, any other does not", async () => {
  await writeFile(
    join(home, "chartbell.yaml"),
    'server: { tls: { listen: "127.0.0.1:0", names: [api.hipchat.com] } }\n',
  );
  await using app = await start('{ listen: "127.0.0.1:0", names: [api.hipchat.com] }');
  const printed = await chartbell(["tls", "certificate", "--data-dir", join(home, "data")], { cwd: home });
  expect(printed).toMatchObject({ code: 0, stderr: "" });
  expect(printed.stdout).toMatch(/^-----BEGIN CERTIFICATE-----\n[\s\S]+-----END CERTIFICATE-----\n$/u);
  expect(printed.stdout).not.toContain("PRIVATE");

  const url = secure(app);
  expect(await ask(`${url}/healthz`, printed.stdout)).toEqual({ status: 200, text: '{"status":"ok"}' });
  expect((await ask(url.replace("127.0.0.1", "localhost") + "/healthz", printed.stdout)).status).toBe(200);
  expect((await ask(`${app.localUrl}/healthz`, undefined)).status).toBe(200);

  const stranger = await makeAuthority(new Date());
  for (const ca of [undefined, stranger.certificate]) {
    await expect(ask(`${url}/healthz`, ca)).rejects.toThrow(/certificate/u);
  }
});

test("a HipChat client that calls it by the name it knows is answered; a foreign name is not", async () => {
  await using app = await start('{ listen: "127.0.0.1:0", names: [api.hipchat.com] }');
  const ca = await readFile(join(home, "data", "tls", "authority.pem"), "utf8");
  expect(await askAs("api.hipchat.com", "/v2/room/Lobby", app, ca)).toBe("HTTP/1.1 200 OK");
  expect(await askAs("evil.example.com", "/v2/room/Lobby", app, ca)).toBe("HTTP/1.1 421 Misdirected Request");
});

test("nothing older than TLS 1.2 is spoken", async () => {
  await using app = await start('{ listen: "127.0.0.1:0" }');
  const port = Number(new URL(secure(app)).port);
  const protocolWith = async (maxVersion: "TLSv1.1" | "TLSv1.2" | "TLSv1.3"): Promise<string | null> => {
    const ciphers = "DEFAULT@SECLEVEL=0";
    const socket = connectTls({
      port,
      host: "127.0.0.1",
      rejectUnauthorized: false,
      minVersion: "TLSv1",
      maxVersion,
      ciphers,
    });
    await once(socket, "secureConnect");
    const protocol = socket.getProtocol();
    socket.destroy();
    return protocol;
  };
  expect(await protocolWith("TLSv1.3")).toBe("TLSv1.3");
  expect(await protocolWith("TLSv1.2")).toBe("TLSv1.2");
  await expect(protocolWith("TLSv1.1")).rejects.toThrow();
});

test("plain HTTP on its port ends the connection, and the server lives on", async () => {
  await using app = await start('{ listen: "127.0.0.1:0" }');
  const socket = connect(Number(new URL(secure(app)).port), "127.0.0.1");
  socket.on("error", () => undefined);
  socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  socket.resume();
  await once(socket, "close");
  const ca = await readFile(join(home, "data", "tls", "authority.pem"), "utf8");
  expect((await ask(`${secure(app)}/healthz`, ca)).status).toBe(200);
});

test("given files are taken up when they change; half a change leaves the old ones in force", async () => {
  const authority = await makeAuthority(new Date());
  const [first, second] = await Promise.all(
    ["one.example.com", "two.example.com"].map(
      async (name) => await makeServerCertificate(authority, ["127.0.0.1", name], new Date()),
    ),
  );
  if (first === undefined || second === undefined) throw new Error("There are two.");
  await writeFile(join(home, "cert.pem"), first.certificate);
  await writeFile(join(home, "key.pem"), first.key.reveal(), { mode: 0o600 });
  const options = '{ listen: "127.0.0.1:0", cert: ./cert.pem, key: ./key.pem }';
  await using app = await start(options);
  const before = await shownSerial(app);

  await writeFile(join(home, "cert.pem"), second.certificate);
  await app.reload(loaded(options));
  expect(await shownSerial(app)).toBe(before);

  await writeFile(join(home, "key.pem"), second.key.reveal());
  await app.reload(loaded(options));
  expect(await shownSerial(app)).not.toBe(before);
  expect((await ask(`${secure(app)}/healthz`, authority.certificate)).status).toBe(200);
});

test("a wrong certificate ends the start with what is wrong", async () => {
  await writeFile(join(home, "cert.pem"), "nothing");
  await writeFile(join(home, "key.pem"), "nothing");
  await writeFile(join(home, "chartbell.yaml"), "server: { tls: { cert: ./cert.pem, key: ./key.pem } }\n");
  const { code, stderr } = await chartbell(["serve", "--listen", "127.0.0.1:0"], { cwd: home });
  expect(code).toBe(3);
  expect(stderr).toContain("cert.pem has no certificate");
});

test("check tells until when the certificate is good, or what is wrong with it", async () => {
  await writeFile(join(home, "chartbell.yaml"), "server: { tls: { names: [chat.example.com] } }\n");
  const lineOf = async (): Promise<string | undefined> => {
    const { stdout } = await chartbell(["check"], { cwd: home });
    return stdout.split("\n").find((line) => line.includes("tls: certificate"));
  };
  expect(await lineOf()).toMatch(/^ok +tls: certificate: .*DNS:chat\.example\.com, until \d{4}-\d\d-\d\d\.$/u);
  await writeFile(join(home, "chartbell.yaml"), "server: { tls: { cert: ./none.pem, key: ./none.pem } }\n");
  expect(await lineOf()).toMatch(/^FAILED +tls: certificate: .*none\.pem cannot be read \(ENOENT\)/u);
});

test("listening for everybody with TLS asks for tokens as without", async () => {
  await expect(start('{ listen: "0.0.0.0:0" }')).rejects.toMatchObject({ code: "listen_unsafe" });
});

test("without server.tls the command says what to add", async () => {
  const { code, stderr } = await chartbell(["tls", "certificate"], { cwd: home });
  expect(code).toBe(3);
  expect(stderr).toContain("server.tls");
});
