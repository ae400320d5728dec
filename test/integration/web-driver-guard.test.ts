import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { listen } from "../support/loopback.ts";
import { openGate } from "../../src/web-driver/guard.ts";
import { failure, openDriver, shoot, site } from "../support/web-driver.ts";

/** A server on loopback that nobody may reach: it counts connections, not only requests. */
const victim = createServer((socket) => {
  connections += 1;
  socket.on("error", () => undefined);
  socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 6\r\nconnection: close\r\n\r\nsecret"));
});
const stun = createSocket("udp4");
let connections = 0;
let packets = 0;
let port = 0;

const driver = openDriver();

beforeAll(async () => {
  victim.listen(0, "127.0.0.1");
  await once(victim, "listening");
  port = (victim.address() as { port: number }).port;
  stun.on("message", () => {
    packets += 1;
  });
  stun.bind(0, "127.0.0.1");
  await once(stun, "listening");
});
afterAll(async () => {
  await driver[Symbol.asyncDispose]();
  victim.close();
  stun.close();
});

/** Ways from a page that may be opened to an address that may not; `$` is the victim's host:port. */
const vectors: readonly (readonly [string, string])[] = [
  ["an image", `<img src="http://$/">`],
  ["a frame", `<iframe src="http://$/"></iframe>`],
  ["a style sheet", `<link rel="stylesheet" href="http://$/">`],
  ["a script", `<script src="http://$/"></script>`],
  ["a fetch", `<script>fetch("http://$/", { mode: "no-cors" })</script>`],
  ["a beacon", `<script>navigator.sendBeacon("http://$/", "x")</script>`],
  ["an event stream", `<script>new EventSource("http://$/")</script>`],
  ["a WebSocket", `<script>new WebSocket("ws://$/")</script>`],
  ["a TLS connection", `<img src="https://$/">`],
  ["a preconnect", `<link rel="preconnect" href="http://$/"><link rel="prefetch" href="http://$/">`],
  [
    "a worker",
    `<script>new Worker(URL.createObjectURL(new Blob(["fetch('http://$/', { mode: 'no-cors' })"])))</script>`,
  ],
  ["a redirected image", `<img src="/redirect">`],
  ["a redirected frame", `<iframe src="/redirect"></iframe>`],
  [
    "a form in a frame",
    `<iframe name="f"></iframe><form action="http://$/" target="f"></form><script>document.forms[0].submit()</script>`,
  ],
];

/** Names of 127.0.0.1, and how an allow list would name them. */
const hosts: readonly (readonly [string, string])[] = [
  ["127.0.0.1", "127.0.0.1"],
  ["localhost", "localhost"],
  ["2130706433", "127.0.0.1"],
  ["0x7f.1", "127.0.0.1"],
  ["0177.0.0.1", "127.0.0.1"],
  ["[::ffff:127.0.0.1]", "[::ffff:7f00:1]"],
];

const vectorSite = (body: string, victimHost: string) =>
  site({
    "/": body.replaceAll("$", victimHost),
    "/redirect": (_, response) => response.writeHead(302, { location: `http://${victimHost}/` }).end(),
  });

const options = { ready: { delayMs: 250 }, viewport: { width: 200, height: 200 } };

describe("an address that is not allowed", () => {
  test.each(vectors)("is not reached by %s of a page that may be opened", async (_, body) => {
    connections = 0;
    await using server = await vectorSite(body, `127.0.0.1:${port}`);
    await shoot(driver, server.url, options);
    expect(connections).toBe(0);
  });

  test("is not reached by a popup", async () => {
    connections = 0;
    await using server = await vectorSite(`<script>open("http://$/"); open("/redirect")</script>`, `127.0.0.1:${port}`);
    await shoot(driver, server.url, options);
    expect(connections).toBe(0);
  });

  test.each(hosts)("is not reached as %s", async (host) => {
    connections = 0;
    await using server = await vectorSite(
      `<img src="http://$/"><script>new WebSocket("ws://$/")</script>`,
      `${host}:${port}`,
    );
    await shoot(driver, server.url, options);
    expect(connections).toBe(0);
  });

  test("is not reached over UDP by WebRTC", async () => {
    packets = 0;
    const { port: stunPort } = stun.address();
    const body = `<script>const peer = new RTCPeerConnection({ iceServers: [{ urls: "stun:127.0.0.1:${stunPort}" }] });
      peer.createDataChannel("x"); peer.createOffer().then((offer) => peer.setLocalDescription(offer))</script>`;
    await using server = await site({ "/": body });
    await shoot(driver, server.url, { ...options, ready: { delayMs: 1000 } });
    expect(packets).toBe(0);
  });

  test("ends the shot as url_blocked when a redirect of the page leads there", async () => {
    connections = 0;
    const to = `http://127.0.0.1:${port}/?key=hush`;
    await using server = await site({ "/": (_, response) => response.writeHead(302, { location: to }).end() });
    const error = await failure(shoot(driver, server.url, options));
    expect(error.code).toBe("url_blocked");
    expect(error.message).toContain(`127.0.0.1:${port}`);
    expect(error.hint).toContain("browser.allow");
    expect(error.message).not.toContain("hush");
    expect(connections).toBe(0);
  });

  test.each([
    ["a refresh", `<meta http-equiv="refresh" content="0;url=$">`],
    ["a script", `<script>location = "$"</script>`],
    ["a script after a while", `<script>setTimeout(() => { location = "$" }, 100)</script>`],
    ["a script that changes to TLS", `<script>location = "$".replace("http:", "https:")</script>`],
  ])("ends the shot as url_blocked when %s of the page leads there", async (_, body) => {
    connections = 0;
    await using server = await site({ "/": body.replaceAll("$", `http://127.0.0.1:${port}/`) });
    const error = await failure(shoot(driver, server.url, options));
    expect(error.code).toBe("url_blocked");
    expect(connections).toBe(0);
  });

  test("ends the shot of a caller's URL before a browser is asked", async () => {
    connections = 0;
    for (const [host] of hosts) {
      const error = await failure(shoot(driver, `http://${host}:${port}/`, options, { trustUrl: false }));
      expect(error.code).toBe("url_blocked");
    }
    expect(connections).toBe(0);
  });
});

describe("an address that is allowed", () => {
  test.each(vectors)("is reached by %s (so the refusals above are the guard's)", async (_, body) => {
    connections = 0;
    await using allowing = openDriver({ allow: [`127.0.0.1:${port}`], concurrency: 1 });
    await using server = await vectorSite(body, `127.0.0.1:${port}`);
    await shoot(allowing, server.url, options);
    expect(connections).toBeGreaterThan(0);
  });

  test.each(hosts)("is reached as %s", async (host, entry) => {
    connections = 0;
    await using allowing = openDriver({ allow: [`${entry}:*`] });
    await shoot(allowing, `http://${host}:${port}/`, options, { trustUrl: false });
    expect(connections).toBeGreaterThan(0);
  });

  test("opens for a caller's URL, but not where that one leads on to", async () => {
    connections = 0;
    const to = `http://127.0.0.1:${port}/`;
    await using server = await site({
      "/": "fine",
      "/away": (_, response) => response.writeHead(302, { location: to }).end(),
    });
    await using allowing = openDriver({ allow: [`127.0.0.1:${server.port}`] });
    expect((await shoot(allowing, server.url, options, { trustUrl: false })).width).toBe(200);
    const error = await failure(shoot(allowing, `${server.url}/away`, options, { trustUrl: false }));
    expect(error.code).toBe("url_blocked");
    expect(connections).toBe(0);
  });

  test("for one shot stays closed to another at the same time", async () => {
    const asked: string[] = [];
    await using own = await listen((request, response) => {
      asked.push(request.url ?? "");
      response.setHeader("content-type", "text/html").end("<p>fine");
    });
    await using server = await vectorSite(`<img src="http://$/stolen">`, `127.0.0.1:${own.port}`);
    await Promise.all([
      shoot(driver, server.url, options),
      shoot(driver, server.url, options),
      shoot(driver, `${own.url}/own`, options),
    ]);
    expect(asked).toContain("/own");
    expect(asked).not.toContain("/stolen");
  });
});

describe("the gate", () => {
  test("cuts every connection when it closes, also one that is being tunnelled", async () => {
    const gate = await openGate({ isAllowed: () => true, allowsPublic: false });
    const client = connect(Number(new URL(gate.proxyUrl).port), "127.0.0.1");
    client.write(`CONNECT 127.0.0.1:${port} HTTP/1.1\r\nhost: x\r\n\r\n`);
    await once(client, "data");
    const closed = once(client, "close");
    await gate[Symbol.asyncDispose]();
    await closed;
    expect(client.destroyed).toBe(true);
  });

  test("takes requests to itself for what they are: no way around", async () => {
    await using gate = await openGate({ isAllowed: () => false, allowsPublic: true });
    const answer = await fetch(`${gate.proxyUrl}/`);
    expect(answer.status).toBe(400);
  });

  test.each([
    "169.254.169.254",
    "10.0.0.1",
    "100.64.0.1",
    "0.0.0.0",
    "[::]",
    "[fd00:ec2::254]",
    "[64:ff9b::7f00:1]",
    "[::7f00:1]",
  ])("refuses %s without dialling it", async (host) => {
    await using gate = await openGate({ isAllowed: () => false, allowsPublic: true });
    const client = connect(Number(new URL(gate.proxyUrl).port), "127.0.0.1");
    client.write(`CONNECT ${host}:80 HTTP/1.1\r\nhost: x\r\n\r\n`);
    const [answer] = (await once(client, "data")) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1.1 403 /u);
    client.destroy();
  });
});
