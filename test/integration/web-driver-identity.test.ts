import type { IncomingMessage } from "node:http";
import { afterAll, describe, expect, test } from "vitest";
import { Secret } from "../../src/core/secret.ts";
import { anonymous } from "../../src/web-driver/contract.ts";
import type { Identity } from "../../src/web-driver/contract.ts";
import { listen } from "../support/loopback.ts";
import { failure, listenTls, openDriver, shoot } from "../support/web-driver.ts";

const driver = openDriver({ allow: ["127.0.0.1:*", "localhost:*"] });
afterAll(() => driver[Symbol.asyncDispose]());

const identity: Identity = {
  headers: { "X-Portal-Token": new Secret("hush-header") },
  cookies: [{ name: "session", value: new Secret("hush-cookie"), path: "/" }],
  basic: { username: "bob", password: new Secret("hush-basic") },
};
const basic = `Basic ${Buffer.from("bob:hush-basic").toString("base64")}`;
const options = { ready: { delayMs: 300 }, viewport: { width: 200, height: 200 } };

interface Seen {
  readonly path: string;
  readonly token: unknown;
  readonly cookie: unknown;
  readonly authorization: unknown;
}
const seenOf = ({ url = "", headers }: IncomingMessage): Seen => ({
  path: url,
  token: headers["x-portal-token"],
  cookie: headers.cookie,
  authorization: headers.authorization,
});
const full = { token: "hush-header", cookie: "session=hush-cookie", authorization: basic };
const none = { token: undefined, cookie: undefined, authorization: undefined };

/** Two servers that note what they are shown: the portal, and another origin on the same machine. */
async function scene(body: (other: string) => string) {
  const atPortal: Seen[] = [];
  const atOther: Seen[] = [];
  const other = await listen((incoming, response) => {
    atOther.push(seenOf(incoming));
    if (incoming.url === "/back") response.writeHead(302, { location: `${portal.url}/landing` });
    else response.writeHead(200, { "content-type": "text/html", "access-control-allow-origin": "*" });
    response.end();
  });
  const portal = await listen((incoming, response) => {
    atPortal.push(seenOf(incoming));
    const redirects: Record<string, string> = {
      "/same": "/landing",
      "/away": `${other.url}/landing`,
      "/bounce": `${other.url}/back`,
    };
    const location = redirects[incoming.url ?? ""];
    if (location === undefined) response.writeHead(200, { "content-type": "text/html" });
    else response.writeHead(302, { location });
    response.end(incoming.url === "/" ? body(other.url) : "");
  });
  return {
    portal,
    other,
    atPortal,
    atOther,
    async [Symbol.asyncDispose]() {
      await portal[Symbol.asyncDispose]();
      await other[Symbol.asyncDispose]();
    },
  };
}

describe("headers, cookies and basic authentication", () => {
  test("reach everything of the portal's origin: page, frame, script, fetch, worker", async () => {
    await using scenery = await scene(
      () => `<iframe src="/frame"></iframe><script src="/script"></script>
      <script>fetch("/fetch"); fetch("/post", { method: "POST", body: "x" });
      new Worker(URL.createObjectURL(new Blob(["fetch('" + location.origin + "/worker')"])))</script>`,
    );
    await shoot(driver, scenery.portal.url, options, { identity });
    const paths = scenery.atPortal.map(({ path }) => path).toSorted();
    expect(paths).toEqual(["/", "/fetch", "/frame", "/post", "/script", "/worker"]);
    for (const seen of scenery.atPortal) expect(seen).toMatchObject(full);
  });

  test("reach nothing of another origin: another port, another name of the same machine", async () => {
    await using scenery = await scene((other) => {
      const named = other.replace("127.0.0.1", "localhost");
      return `<img src="${other}/img"><iframe src="${other}/frame"></iframe>
        <script src="${named}/script"></script><script>fetch("${other}/fetch", { credentials: "include" });
        fetch("${named}/fetch"); fetch("/away")</script>`;
    });
    await shoot(driver, scenery.portal.url, options, { identity });
    expect(scenery.atOther.length).toBeGreaterThan(4);
    for (const seen of scenery.atOther) expect(seen).toMatchObject(none);
  });

  test("are not carried along a redirect to another origin", async () => {
    await using scenery = await scene(() => "");
    const { finalUrl } = await shoot(driver, `${scenery.portal.url}/away`, options, { identity });
    expect(finalUrl).toBe(`${scenery.other.url}/landing`);
    expect(scenery.atPortal).toEqual([{ path: "/away", ...full }]);
    expect(scenery.atOther).toEqual([{ path: "/landing", ...none }]);
  });

  test("are carried along a redirect within the origin", async () => {
    await using scenery = await scene(() => "");
    await shoot(driver, `${scenery.portal.url}/same`, options, { identity });
    expect(scenery.atPortal).toEqual([
      { path: "/same", ...full },
      { path: "/landing", ...full },
    ]);
  });

  test("are shown again when another origin sends the page back", async () => {
    await using scenery = await scene(() => "");
    await shoot(driver, `${scenery.portal.url}/bounce`, options, { identity });
    expect(scenery.atOther).toEqual([{ path: "/back", ...none }]);
    expect(scenery.atPortal.at(-1)).toEqual({ path: "/landing", ...full });
  });

  test("cannot be read by the page's scripts, and do not stay for the next shot", async () => {
    await using scenery = await scene(() => `<script>fetch("/told/" + document.cookie)</script>`);
    await shoot(driver, scenery.portal.url, options, { identity });
    expect(scenery.atPortal.map(({ path }) => path)).toContain("/told/");
    scenery.atPortal.length = 0;
    await shoot(driver, scenery.portal.url, options, { identity: anonymous });
    for (const seen of scenery.atPortal) expect(seen).toMatchObject(none);
  });

  test("reach a portal behind TLS", async () => {
    const seen: Seen[] = [];
    await using portal = await listenTls((incoming, response) => {
      seen.push(seenOf(incoming));
      response.end("hello");
    });
    await shoot(driver, portal.url, options, { identity, ignoreCertificate: true });
    expect(seen[0]).toEqual({ path: "/", ...full });
  });

  test("of a cookie with a path go to that path only", async () => {
    await using scenery = await scene(() => `<img src="/app/img">`);
    const cookies = [{ name: "session", value: new Secret("hush-cookie"), path: "/app" }];
    await shoot(driver, scenery.portal.url, options, { identity: { ...anonymous, cookies } });
    expect(scenery.atPortal.map(({ path, cookie }) => [path, cookie])).toEqual([
      ["/", undefined],
      ["/app/img", "session=hush-cookie"],
    ]);
  });

  test("that HTTP does not allow are named, not shown", async () => {
    await using scenery = await scene(() => "");
    const headers = { "X-Broken": new Secret("hush\nhush") };
    const error = await failure(shoot(driver, scenery.portal.url, options, { identity: { ...anonymous, headers } }));
    expect(error.code).toBe("request_invalid");
    expect(error.message).toContain("X-Broken");
    const cookies = [{ name: "broken", value: new Secret("hush;\n"), path: "/" }];
    const refused = await failure(shoot(driver, scenery.portal.url, options, { identity: { ...anonymous, cookies } }));
    expect(refused.message).toContain("broken");
    expect(error.message + refused.message).not.toContain("hush");
    expect(scenery.atPortal).toEqual([]);
  });
});
