import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright";
import type { Page } from "playwright";
import sharp from "sharp";
import type { App } from "../src/app.ts";
import { findBrowser } from "../src/web-driver/executable.ts";
import { startTestApp } from "../test/support/app.ts";

/* `node .ci/room-pictures.ts`: the pictures of docs/rooms.md, taken anew of a room in which the same is said each time. */

const images = new URL("../docs/images/", import.meta.url);

const token = "of-the-pictures";
const bearer = { authorization: `Bearer ${token}` };
const yaml = `
rooms:
  names: [Operations, Database, Releases]
  tokens: { Chartbell: { token: env:ROOM_TOKEN, scopes: [send_notification, send_message, view_messages, admin_room] } }
`;

async function post(app: App, path: string, body: unknown): Promise<void> {
  const isForm = body instanceof FormData;
  const { status } = await fetch(`${app.localUrl}/v2/room/Operations/${path}`, {
    method: path === "topic" ? "PUT" : "POST",
    headers: { ...bearer, ...(isForm ? {} : { "content-type": "application/json" }) },
    body: isForm ? body : JSON.stringify(body),
  });
  if (status > 299) throw new Error(`${path} was answered ${status}.`);
}

/** Says something in the page's form, as a person does. */
async function say(page: Page, name: string, text: string): Promise<void> {
  const count = await page.locator(".message").count();
  await page.getByLabel("Your name").fill(name);
  await page.getByLabel("Message", { exact: true }).fill(text);
  await page.getByRole("button", { name: "Send" }).click();
  await page.locator(".message").nth(count).waitFor();
}

async function fill(app: App, page: Page): Promise<void> {
  await post(app, "topic", { topic: "On call: Maya until Friday. Runbooks: http://wiki.example/ops" });
  await page.goto(`${app.publicUrl}/rooms/Operations`);
  await page.locator("#state[data-state=live]").waitFor();
  await post(app, "notification", {
    from: "Chartbell",
    color: "red",
    notify: true,
    message: "<b>CRITICAL</b> CPU busy of <b>web01</b> is 93.4 %, above 80 % for 5 minutes.",
  });
  const form = new FormData();
  form.set("metadata", new Blob(['{"message":""}'], { type: "application/json" }));
  // Its upper part: a taller one leaves no space for what people say.
  const chart = await sharp(fileURLToPath(new URL("../test/fixtures/chart.png", import.meta.url)))
    .extract({ left: 0, top: 0, width: 800, height: 320 })
    .png()
    .toBuffer();
  form.set("file", new Blob([new Uint8Array(chart)], { type: "image/png" }), "cpu-web01.png");
  await post(app, "share/file", form);
  await say(page, "Maya", "@Ben is that the nightly import again?");
  await say(page, "Ben", "/code 03:00 import.sh started\n03:04 import.sh: 4 workers on web01");
  await say(page, "Ben", "It is. I move it to batch02 (thumbsup)");
  await post(app, "notification", {
    from: "Chartbell",
    color: "green",
    message: "<b>OK</b> CPU busy of <b>web01</b> is 31.0 %. It was high for 12 minutes.",
  });
}

async function take(page: Page, name: string): Promise<void> {
  await page.evaluate("document.activeElement?.blur()");
  const picture = await page.screenshot();
  const small = await sharp(picture).png({ palette: true, quality: 90, effort: 10 }).toBuffer();
  await writeFile(new URL(name, images), small);
  console.log(`${name}: ${Math.round(small.length / 1000)} KB`);
}

await using app = await startTestApp(yaml, { ROOM_TOKEN: token });
const { executable } = await findBrowser(process.env["CHARTBELL_BROWSER"]);
const browser = await chromium.launch({ executablePath: executable, chromiumSandbox: process.getuid?.() !== 0 });
const page = await browser.newPage({ viewport: { width: 1180, height: 950 }, locale: "en-GB" });
const now = `${app.publicUrl}/rooms/Operations`;
await page.goto(`${app.publicUrl}/rooms/sign-in`);
await page.getByLabel("Token").fill(token);
await page.keyboard.press("Enter");
await page.waitForURL("**/rooms");
await fill(app, page);
await page.goto(now);
await page.locator("#state[data-state=live]").waitFor();
await take(page, "room-wide.png");
await page.emulateMedia({ colorScheme: "dark" });
await take(page, "room-dark.png");
await page.emulateMedia({ colorScheme: "light" });
await page.setViewportSize({ width: 1180, height: 480 });
await page.goto(`${now}/search?q=web01`);
await take(page, "room-search.png");
await page.setViewportSize({ width: 390, height: 780 });
await page.goto(now);
await page.locator("#state[data-state=live]").waitFor();
await take(page, "room-phone.png");
await browser.close();
