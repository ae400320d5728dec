import { afterAll, beforeAll, expect, test } from "vitest";
import type { App } from "../../src/app.ts";
import { historyOf, startTestApp } from "../support/app.ts";

/* The pages' forms over HTTP, as a browser sends them and as one must not. */

const yaml = "rooms: { names: [Ops], tokens: { maya: { token: env:MAYA, scopes: [send_message, view_messages] } } }";
let app: App;
beforeAll(async () => {
  app = await startTestApp(yaml, { MAYA: "maya-token" });
});
afterAll(async () => await app[Symbol.asyncDispose]());

async function ask(path: string, cookies: readonly string[], form?: Record<string, string>, origin = app.localUrl) {
  const headers = { cookie: cookies.join("; "), ...(form === undefined ? {} : { origin }) };
  const body = form === undefined ? {} : { method: "POST", body: new URLSearchParams(form) };
  return await fetch(app.localUrl + path, { ...body, headers, redirect: "manual" });
}

const cookieOf = (response: Response): string => (response.headers.get("set-cookie") ?? "").split(";", 1)[0] ?? "";
const keyOf = async (response: Response): Promise<string> =>
  /name="key" value="(?<key>[^"]+)"/u.exec(await response.text())?.groups?.["key"] ?? "";

test("a token signs in, its session writes, and the page's forms are taken from no other origin", async () => {
  const opened = await ask("/rooms/sign-in?next=/rooms/Ops", []);
  const formCookie = cookieOf(opened);
  const key = await keyOf(opened);
  const login = { key, token: "maya-token", next: "/rooms/Ops" };
  for (const [cookies, form, origin] of [
    [[], login, app.localUrl],
    [[formCookie], { ...login, key: "" }, app.localUrl],
    [[formCookie], login, "http://evil.example"],
  ] as const) {
    const refused = await ask("/rooms/sign-in", cookies, form, origin);
    expect([refused.status, refused.headers.get("set-cookie")?.includes("session") ?? false]).toEqual([403, false]);
  }
  const signedIn = await ask("/rooms/sign-in", [formCookie], login);
  expect([signedIn.status, signedIn.headers.get("location")]).toEqual([303, "/rooms/Ops"]);
  const session = cookieOf(signedIn);
  const words = { key, message: "here", name: "Maya" };
  expect((await ask("/rooms/Ops/messages", [formCookie], words)).status).toBe(403);
  expect((await ask("/rooms/Ops/messages", [formCookie, session], words, "http://evil.example")).status).toBe(403);
  expect((await ask("/rooms/Ops/messages", [session], words)).status).toBe(403);
  expect((await ask("/rooms/Ops/messages", [formCookie, session], words)).status).toBe(303);
  const messages = await historyOf(app, "Ops", "maya-token");
  expect(messages).toMatchObject([{ message: "here", type: "message", from: { name: "Maya" } }]);
});

test("a body that is larger than a form is refused, and so is another method", async () => {
  const answer = await ask("/rooms/Ops/messages", [], { message: "x".repeat(2_000_000) });
  expect(answer.status).toBe(413);
  const put = await fetch(`${app.localUrl}/rooms/Ops/messages`, { method: "PUT" });
  expect([put.status, put.headers.get("allow")]).toEqual([405, "POST"]);
});
