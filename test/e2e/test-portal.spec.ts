import { expect } from "@playwright/test";
import { test } from "./fixtures.ts";

test("the test portal draws its charts from data and says when it is ready", async ({ app, page }) => {
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  await page.goto(`${app.publicUrl}/portals/test/?entity=db07&metric=cpu_busy&from=now-3h&latency=50`);
  await expect(page.locator("html")).toHaveAttribute("data-chartbell-ready", "true");
  await expect(page.locator("body")).toContainText("db07");
  expect(await page.locator("canvas, svg").count()).toBeGreaterThanOrEqual(3);
  expect(errors).toEqual([]);
});

test("the test portal says when its data cannot be had", async ({ app, page }) => {
  await page.goto(`${app.publicUrl}/portals/test/?entity=db07&points=999999`);
  await expect(page.getByRole("alert")).toContainText("points");
});
