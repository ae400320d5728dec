import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { expect } from "@playwright/test";
import { startTestApp } from "../support/app.ts";
import { notify, test } from "./fixtures.ts";

/* What people do in a room with a browser. */

test("somebody writes, sees it at once, and a webhook answers", async ({ page }) => {
  const heard: string[] = [];
  const bot = createServer((request, response) => {
    void text(request).then((body) => heard.push(body));
    response.writeHead(200, { "content-type": "application/json" });
    response.end('{"message": "on my way", "color": "green"}');
  });
  bot.listen(0, "127.0.0.1");
  await once(bot, "listening");
  const { port } = bot.address() as AddressInfo;
  await using app = await startTestApp(`rooms: { names: [Ops], webhookAllow: ["127.0.0.1:${port}"] }`);
  const made = await fetch(`${app.localUrl}/v2/room/Ops/webhook`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ url: `http://127.0.0.1:${port}/`, event: "room_message", pattern: "^/help" }),
  });
  expect(made.status).toBe(201);
  await page.goto(`${app.publicUrl}/rooms/Ops`);
  await expect(page.locator("#state")).toHaveText(/live/iu);
  await page.getByLabel("Your name").fill("Maya");
  await page.getByLabel("Message", { exact: true }).fill("/help @all <b>(thumbsup)</b>");
  await page.keyboard.press("Enter");
  const messages = page.locator(".message .body");
  await expect(messages).toHaveText(["/help @all <b>👍</b>", "on my way"]);
  await expect(page.locator(".message .sender").first()).toHaveText("Maya");
  await expect(page.locator(".mention")).toHaveText("@all");
  await expect(page.getByLabel("Message", { exact: true })).toHaveValue("");
  await page.getByLabel("Message", { exact: true }).pressSequentially("/code a");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("b");
  await page.getByRole("button", { name: "Send" }).click();
  await expect(page.locator(".message pre code")).toHaveText("a\nb");
  expect(heard).toEqual([expect.stringContaining('"name":"Maya"')]);
  await page.reload();
  await expect(page.getByLabel("Your name")).toHaveValue("Maya");
  bot.close();
});

test("what could not be sent stays in the form, and why is said", async ({ app, page, context }) => {
  await page.goto(`${app.publicUrl}/rooms/Alerts`);
  await expect(page.locator("#state")).toHaveText(/live/iu);
  const field = page.getByLabel("Message", { exact: true });
  await field.fill("keep me");
  await context.setOffline(true);
  await field.press("Enter");
  await expect(page.getByRole("alert")).toContainText("could not be reached");
  await expect(field).toHaveValue("keep me");
  await context.setOffline(false);
  await context.clearCookies();
  await field.press("Enter");
  await expect(page.getByRole("alert")).toContainText("too old");
  await expect(page.locator(".message")).toHaveCount(0);
});

test.describe("without the script", () => {
  test.use({ javaScriptEnabled: false });

  test("people read, write, search and follow links", async ({ app, page }) => {
    await page.goto(`${app.publicUrl}/rooms`);
    await page.getByRole("link", { name: /Alerts/u }).click();
    for (const words of ["first needle", "second"]) {
      await page.getByLabel("Message", { exact: true }).fill(words);
      await page.getByRole("button", { name: "Send" }).click();
    }
    await expect(page.locator(".message .body")).toHaveText(["first needle", "second"]);
    await page.getByRole("searchbox").first().fill("NEEDLE");
    await page.keyboard.press("Enter");
    await expect(page.locator("mark")).toHaveText("needle");
    await page.getByRole("link", { name: /first needle/u }).click();
    await expect(page.locator(".message.is-linked")).toContainText("first needle");
    await page.getByRole("link", { name: "Back to now" }).click();
    await expect(page).toHaveURL(/\/rooms\/Alerts$/u);
  });
});

test("a form on another site's page writes nothing", async ({ app, page }) => {
  await page.goto(`${app.publicUrl}/rooms/Alerts`);
  const key = await page.locator("[name=key]").first().inputValue();
  const origin = new URL(app.publicUrl);
  const evil = createServer((_request, response) => {
    response.setHeader("content-type", "text/html");
    response.end(
      `<form method="post" action="${origin.origin}/rooms/Alerts/messages"><input name="message" value="evil">` +
        `<input name="key" value="${key}"><button>Win</button></form>`,
    );
  });
  evil.listen(0, "127.0.0.1");
  await once(evil, "listening");
  const { port } = evil.address() as AddressInfo;
  await page.goto(`http://localhost:${port}/`);
  const answered = page.waitForResponse((response) => response.url().endsWith("/rooms/Alerts/messages"));
  await page.getByRole("button").click();
  // It does not even come to the room: on loopback the server refuses whatever other sites' pages post.
  expect((await answered).status()).toBe(421);
  await page.goto(`${app.publicUrl}/rooms/Alerts`);
  await expect(page.locator(".message")).toHaveCount(0);
  evil.close();
});

test("a token signs in, is kept from scripts, and signs out", async ({ page, context }) => {
  await using app = await startTestApp(
    "rooms: { names: [Ops], tokens: { maya: { token: env:MAYA, scopes: [send_message, view_messages] } } }",
    { MAYA: "very-secret" },
  );
  await page.goto(`${app.publicUrl}/rooms/Ops`);
  await page.getByRole("link", { name: "Sign in with a token" }).click();
  await page.getByLabel("Token").fill("wrong");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("alert")).toContainText("not known");
  await page.getByLabel("Token").fill("very-secret");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/rooms\/Ops$/u);
  await page.getByLabel("Message", { exact: true }).fill("here");
  await page.keyboard.press("Enter");
  await expect(page.locator(".message .sender")).toHaveText("maya");
  expect(await page.evaluate("document.cookie")).toBe("");
  const cookies = await context.cookies();
  for (const { name, httpOnly, sameSite } of cookies) {
    expect({ name, httpOnly, sameSite }).toEqual({ name, httpOnly: true, sameSite: "Strict" });
  }
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.goto(`${app.publicUrl}/rooms/Ops`);
  await expect(page.getByRole("link", { name: "Sign in with a token" })).toBeVisible();
});

test("a room with news is marked until it was seen, and the news begins at a line", async ({ app, page }) => {
  await notify(app, { message: "old" });
  await page.goto(`${app.publicUrl}/rooms`);
  await expect(page.locator(".unread")).toHaveCount(0);
  await notify(app, { message: "news" });
  await page.reload();
  const link = page.getByRole("link", { name: /Alerts/u });
  await expect(link.locator(".unread")).toHaveText("new");
  await page.goto(`${app.publicUrl}/rooms/Empty`);
  await expect(page.locator(".sidebar .unread")).toHaveCount(1);
  await page
    .locator(".sidebar")
    .getByRole("link", { name: /Alerts/u })
    .click();
  await expect(page.locator(".news")).toHaveText("New");
  await expect(page.locator(".news + .message .body")).toHaveText("news");
  await page.goto(`${app.publicUrl}/rooms`);
  await expect(page.locator(".card")).toHaveCount(2);
  await expect(page.locator(".unread")).toHaveCount(0);
});

test("the link of a message opens the room there", async ({ app, page }) => {
  for (let index = 0; index < 60; index++) await notify(app, { message: `message ${index}.`, from: `bot ${index}` });
  await page.goto(`${app.publicUrl}/rooms/Alerts`);
  const path = await page.locator(".message", { hasText: "message 20." }).locator(".time").getAttribute("href");
  // As it is copied from a chat that cuts what follows the `#`.
  await page.goto(new URL((path ?? "").replace(/#.*/u, ""), app.publicUrl).href);
  const linked = page.locator(".message.is-linked");
  await expect(linked).toContainText("message 20.");
  await expect(linked).toBeInViewport();
  await expect(page.locator(".message", { hasText: "message 59." })).not.toBeInViewport();
});

test("keys lead to the search and back; roles and names are there for those who listen", async ({ app, page }) => {
  await notify(app, { message: "ring", notify: true });
  await page.goto(`${app.publicUrl}/rooms/Alerts`);
  await expect(page.locator("#state")).toHaveText(/live/iu);
  const search = page.getByRole("searchbox", { name: "Search in Alerts" });
  await page.keyboard.press("/");
  await expect(search).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(page.locator("#log")).toBeFocused();
  await page.getByLabel("Message", { exact: true }).focus();
  await page.keyboard.type("a/b");
  await expect(page.getByLabel("Message", { exact: true })).toHaveValue("a/b");
  for (const [role, name] of [
    ["navigation", "Rooms"],
    ["main", undefined],
    ["log", "Messages"],
    ["search", undefined],
    ["form", "Write a message"],
    ["button", "Sound and notification when a message rings"],
  ] as const) {
    await expect(page.getByRole(role, name === undefined ? {} : { name })).toHaveCount(1);
  }
  await expect(page.getByRole("log")).toHaveAttribute("aria-live", "polite");
});

test("everything is reached by Tab, in the order of reading", async ({ app, page }) => {
  await page.goto(`${app.publicUrl}/rooms/Alerts`);
  await expect(page.locator("#state")).toHaveText(/live/iu);
  const reached: string[] = [];
  for (let step = 0; step < 10; step++) {
    await page.keyboard.press("Tab");
    reached.push(await page.evaluate<string>("document.activeElement.id || document.activeElement.className"));
  }
  expect(reached).toEqual(["skip", "brand", "", "", "search", "ring", "log", "compose-name", "compose-text", "send"]);
});

for (const colorScheme of ["light", "dark"] as const) {
  test(`text stands out from its ground by 4.5 to 1, ${colorScheme}`, async ({ app, page }) => {
    await page.emulateMedia({ colorScheme });
    for (const color of ["yellow", "green", "red", "purple", "gray"]) await notify(app, { message: color, color });
    await notify(app, { message: "@all see (this) http://a.example", message_format: "text", from: "Bot" });
    for (const path of ["/rooms", "/rooms/Alerts", "/rooms/Alerts/search?q=see", "/rooms/sign-in"]) {
      await page.goto(app.publicUrl + path);
      expect({ path, faint: await page.evaluate(faintTexts) }).toEqual({ path, faint: [] });
    }
  });
}

/** Texts whose contrast is below WCAG 2.2, 1.4.3, each with its ratio. Run in the page. */
const faintTexts = `(() => {
  const channels = (color) => (color.match(/[\\d.]+/g) ?? []).map(Number);
  const light = (color) => {
    const [red, green, blue] = channels(color).map((value) =>
      value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4,
    );
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const groundOf = (element) => {
    if (element === null) return "rgb(255, 255, 255)";
    const color = getComputedStyle(element).backgroundColor;
    return channels(color)[3] === 0 ? groundOf(element.parentElement) : color;
  };
  const faint = [];
  for (const element of document.querySelectorAll("body *")) {
    const words = [...element.childNodes].filter(({ nodeType }) => nodeType === 3).map(({ textContent }) => textContent);
    const line = words.join("").trim();
    if (line === "" || !element.checkVisibility() || element.closest("svg, .unseen") !== null) continue;
    const [one, other] = [light(getComputedStyle(element).color), light(groundOf(element))].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (other + 0.05);
    if (ratio < 4.5) faint.push(element.className + " " + line.slice(0, 20) + " " + ratio.toFixed(2));
  }
  return faint;
})()`;

test("a message that rings is heard and shown to whoever asked for it", async ({ app, page }) => {
  // The browser's own are kept, and write down what they were asked for; one without a screen denies notifications.
  const content = `
    globalThis.rung = [];
    const { start } = OscillatorNode.prototype;
    OscillatorNode.prototype.start = function (when) {
      rung.push("tone");
      start.call(this, when);
    };
    globalThis.Notification = class extends Notification {
      static permission = "granted";
      constructor(title, options) {
        super(title, options);
        rung.push(title + ": " + options.body);
      }
    };
    document.hasFocus = () => false;`;
  await page.addInitScript({ content });
  await page.goto(`${app.publicUrl}/rooms/Alerts`);
  await expect(page.locator("#state")).toHaveText(/live/iu);
  await notify(app, { message: "not asked", notify: true });
  await expect(page.locator(".message")).toHaveCount(1);
  expect(await page.evaluate("rung")).toEqual([]);
  const button = page.getByRole("button", { name: /Sound and notification/u });
  await button.click();
  await expect(button).toHaveAttribute("aria-pressed", "true");
  await page.evaluate("rung.length = 0");
  await notify(app, { message: "quiet" });
  await notify(app, { message: "<b>Fire</b> &amp; smoke", notify: true, from: "Bot" });
  await expect.poll(async () => await page.evaluate("rung")).toEqual(["tone", "tone", "Bot · Alerts: Fire & smoke"]);
  await page.reload();
  await expect(button).toHaveAttribute("aria-pressed", "true");
});
