import { expect, type Page } from "@playwright/test";
import sharp from "sharp";
import { tinyPng } from "../support/messages.ts";
import { notify, share, test } from "./fixtures.ts";

test("a message appears without a reload, with its colour, sender and sound mark", async ({ app, page }) => {
  await page.goto(`${app.publicUrl}/rooms/Alerts`);
  await expect(page.locator("#state")).toHaveText(/live/iu);
  await notify(app, { message: "CPU is <b>97 %</b>", color: "red", notify: true, from: "Grafana" });
  const message = page.locator(".message").last();
  await expect(message).toContainText("CPU is 97 %");
  await expect(message.locator("b")).toHaveText("97 %");
  await expect(message.locator(".band.red")).toBeVisible();
  await expect(message.locator(".sender")).toContainText("Grafana");
  await expect(message.getByRole("img", { name: /Rang/u })).toBeVisible();
});

test("an empty room says how to post the first message, and stops saying so", async ({ app, page }) => {
  await page.goto(`${app.publicUrl}/rooms/Alerts`);
  await expect(page.locator("#empty")).toContainText("curl");
  await notify(app, { message: "first" });
  await expect(page.locator("#empty")).toBeHidden();
});

test("a picture is shown inline and, on a click, in full size; Escape closes it", async ({ app, page }) => {
  const wide = await sharp({ create: { width: 1600, height: 900, channels: 3, background: "#258" } })
    .png()
    .toBuffer();
  await share(app, "CPU for web01", wide);
  await page.goto(`${app.publicUrl}/rooms/Alerts`);
  const picture = page.locator(".message figure img");
  await expect(picture).toBeVisible();
  await expect(page.locator(".message")).toContainText("CPU for web01");
  await picture.click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toBeVisible();
  await expect(dialog.locator("img")).toHaveJSProperty("naturalWidth", 1600);
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
});

test("nothing that a message contains can run", async ({ app, page }) => {
  const vectors = [
    "<script>window.hit = 1</script>",
    '<img src="x" onerror="window.hit = 1">',
    '<a href="javascript:window.hit = 1">click</a>',
    '<svg onload="window.hit = 1"><script>window.hit = 1</script></svg>',
    '<iframe srcdoc="<script>parent.hit = 1</script>"></iframe>',
    '<b style="background:url(javascript:window.hit=1)" onmouseover="window.hit = 1">x</b>',
    "<math><mtext></form><form><mglyph><style></math><img src onerror=window.hit=1>",
  ];
  const violations: string[] = [];
  page.on("dialog", (dialog) => void dialog.dismiss());
  page.on("console", (message) => violations.push(message.text()));
  await page.goto(`${app.publicUrl}/rooms/Alerts`);
  await expect(page.locator("#state")).toHaveText(/live/iu);
  for (const message of vectors) {
    await notify(app, { message: `${message}.`, message_format: "html" });
    await notify(app, { message: `${message}.`, message_format: "text" });
  }
  await notify(app, { message: "the last" });
  await expect(page.locator(".message").last()).toContainText("the last");
  for (const link of await page.locator(".message .body a").all()) await link.click({ timeout: 2000 });
  expect(await page.evaluate("window.hit")).toBeUndefined();
  expect(await page.locator("iframe, .message script, .message svg script").count()).toBe(0);
  // Sanitised means removed: the policy had nothing to stop.
  expect(violations.filter((text) => text.includes("Content Security Policy"))).toEqual([]);
});

test("a page that lost its connection catches up without doubles", async ({ app, page, context }) => {
  await notify(app, { message: "before" });
  await page.goto(`${app.publicUrl}/rooms/Alerts`);
  await expect(page.locator("#state")).toHaveText(/live/iu);
  await context.setOffline(true);
  await notify(app, { message: "meanwhile" });
  await context.setOffline(false);
  await notify(app, { message: "after" });
  await expect(page.locator(".message").last()).toContainText("after", { timeout: 15_000 });
  await expect(page.locator(".message .body")).toHaveText(["before", "meanwhile", "after"]);
});

test("the page fits a phone, in light and dark", async ({ app, page }) => {
  await notify(app, { message: `A long word: ${"x".repeat(300)}`, color: "yellow" });
  await share(app, "CPU");
  await page.setViewportSize({ width: 390, height: 844 });
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await page.goto(`${app.publicUrl}/rooms/Alerts`);
    await expect(page.locator("#state")).toHaveText("Live");
    expect(await tooWide(page)).toBe(0);
    const [text, background] = await page.evaluate<[string, string]>(`(() => {
      const style = getComputedStyle(document.querySelector(".message .sender"));
      return [style.color, getComputedStyle(document.querySelector("main")).backgroundColor];
    })()`);
    expect(text).not.toBe(background);
  }
});

test("the page fits a phone before it is live, and after it lost its connection", async ({ app, page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.route(/\/room\.js/u, (route) => route.abort());
  await page.goto(`${app.publicUrl}/rooms/Alerts`);
  await expect(page.locator("#state")).toHaveText("Not live");
  expect(await tooWide(page)).toBe(0);

  await page.unroute(/\/room\.js/u);
  await page.route(/\/events/u, (route) => route.abort());
  await page.reload();
  await expect(page.locator("#state")).toHaveAttribute("data-state", "lost");
  expect(await tooWide(page)).toBe(0);
});

test("the list of rooms leads to each room; a room that is not there is said", async ({ app, page }) => {
  await page.goto(app.publicUrl);
  await page.getByRole("link", { name: /Empty/u }).click();
  await expect(page.getByRole("heading", { name: "Empty" })).toBeVisible();
  const missing = await page.goto(`${app.publicUrl}/rooms/Nowhere`);
  expect(missing?.status()).toBe(404);
});

test("a card stands in place of its message, with its title, values and picture", async ({ app, page }) => {
  const picture = `data:image/png;base64,${tinyPng.toString("base64")}`;
  await page.route(
    "http://charts.example/**",
    async (route) => await route.fulfill({ body: tinyPng, contentType: "image/png" }),
  );
  await page.goto(`${app.publicUrl}/rooms/Alerts`);
  await expect(page.locator("#state")).toHaveText(/live/iu);
  const card = {
    style: "application",
    id: "1",
    format: "medium",
    url: "http://charts.example/d/1",
    title: "[Alerting] CPU of web01",
    description: { format: "html", value: "CPU is <b>97 %</b><script>window.hit = 1</script>" },
    icon: { url: "http://charts.example/icon.png" },
    attributes: [
      { label: "host", value: { label: "web01" } },
      { label: "state", value: { label: "CRITICAL", style: "lozenge-error" } },
    ],
    thumbnail: { url: "http://charts.example/chart.png", width: 640, height: 320 },
    activity: { html: "<b>CPU</b> is high", icon: picture },
  };
  await notify(app, { message: "the fallback", color: "red", card });
  const shown = page.locator(".app-card");
  await expect(shown.getByRole("link", { name: card.title })).toHaveAttribute("href", card.url);
  await expect(shown.locator("b")).toHaveText("97 %");
  await expect(shown.locator("dd")).toHaveText(["web01", "CRITICAL"]);
  await expect(shown.locator(".app-card-picture")).toHaveJSProperty("naturalWidth", 4);
  await expect(page.locator(".app-card-activity")).toHaveText("CPU is high");
  await expect(page.locator(".message")).not.toContainText("the fallback");
  expect(await page.evaluate("window.hit")).toBeUndefined();
});

test("a new topic is shown at once", async ({ app, page }) => {
  await page.goto(`${app.publicUrl}/rooms/Alerts`);
  await expect(page.locator("#state")).toHaveText(/live/iu);
  for (const topic of ["On call: <Maya>", ""]) {
    await fetch(`${app.localUrl}/v2/room/Alerts/topic`, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ topic }),
    });
    await expect(page.locator("#topic")).toHaveText(topic);
  }
  await expect(page.locator(".topic-change")).toHaveText([
    "changed the topic to On call: <Maya>",
    "took the topic away",
  ]);
});

/** CSS pixels by which the page is wider than its window. */
function tooWide(page: Page): Promise<number> {
  return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
}
