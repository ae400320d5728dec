import { expect } from "@playwright/test";
import { test } from "./fixtures.ts";

test("the test portal draws its charts from data and says when it is ready", async ({ app, page }) => {
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  await page.goto(`${app.publicUrl}/portals/test/?entity=db07&metric=cpu_busy&from=now-3h&latency=50`);
  await expect(page.locator("html")).toHaveAttribute("data-chartbell-ready", "true");
  await expect(page.locator("body")).toContainText("db07");
  await expect(page.locator("#lines canvas")).toHaveCount(1);
  await expect(page.locator("#gauge svg .value")).toHaveText(/^\d+\.\d %$/u);
  await expect(page.locator("#bars .bar")).toHaveCount(5);
  await expect(page.locator("#heat .cell")).toHaveCount(6 * 24);

  await page.setViewportSize({ width: 390, height: 844 });
  await expect.poll(() => page.evaluate("document.documentElement.scrollWidth")).toBe(390);
  await expect(page.locator("#lines canvas")).toHaveCount(1);
  await expect(page.locator("#heat .cell")).toHaveCount(6 * 24);
  expect(errors).toEqual([]);
});

test("the test portal says when its data cannot be had", async ({ app, page }) => {
  await page.goto(`${app.publicUrl}/portals/test/?entity=db07&points=999999`);
  await expect(page.getByRole("alert")).toContainText("points");
});
