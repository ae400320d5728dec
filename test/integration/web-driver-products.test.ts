import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LoopbackServer } from "../support/loopback.ts";
import { dashboardViewport as viewport, panelsOf, productSite } from "../support/products.ts";
import { openDriver, pixelsOf, shoot } from "../support/web-driver.ts";

const driver = openDriver();
let portal: LoopbackServer;
beforeAll(async () => {
  portal = await productSite();
});
afterAll(async () => {
  await driver[Symbol.asyncDispose]();
  await portal[Symbol.asyncDispose]();
});

interface Product {
  readonly page: string;
  /** The page's own words for its second panel, as a verdict names it. */
  readonly stuck: string;
  /** Undefined where the product says nothing of a failed panel: then the picture shows it. */
  readonly failed: string | undefined;
}

const products: Readonly<Record<string, Product>> = {
  "Grafana with scenes": {
    page: "grafana-scenes",
    stuck: `the Grafana panel "Memory" was loading`,
    failed: `the page says: the Grafana panel "Memory" shows an error`,
  },
  "Grafana that reports to its renderer": {
    page: "grafana-binding",
    stuck: `the Grafana panel "Memory" was loading`,
    failed: `the page says: the Grafana panel "Memory" shows an error`,
  },
  "Grafana before scenes": {
    page: "grafana-legacy",
    stuck: `the Grafana panel "Memory" was loading`,
    failed: `the page says: the Grafana panel "Memory" shows an error`,
  },
  Kibana: {
    page: "kibana",
    stuck: `the Kibana visualization "Errors" was not rendered`,
    failed: `the page says: the Kibana visualization "Errors" failed: the query failed`,
  },
  Superset: {
    page: "superset",
    stuck: "the Superset chart 12 was not drawn",
    failed: "the page says: the Superset chart 12 shows an error",
  },
  Lightdash: {
    page: "lightdash",
    stuck: "the Lightdash tile tile-revenue was not ready",
    failed: "the page says: the Lightdash tile tile-revenue failed",
  },
  ATSD: { page: "atsd", stuck: `the ATSD widget "cpu_busy" was loading`, failed: undefined },
};

describe.each(Object.entries(products))("%s", (_, { page, stuck, failed }) => {
  test("is photographed when every panel is drawn to its end", async () => {
    const { png, verdict } = await shoot(driver, `${portal.url}/${page}.html`, { viewport });
    expect(await panelsOf(png)).toEqual(["drawn", "drawn", "drawn"]);
    expect(verdict).toEqual({ kind: "ready" });
  });

  test("with a panel that never finishes is photographed in time, naming the panel", async () => {
    const startMs = performance.now();
    const url = `${portal.url}/${page}.html?stuck=2`;
    const { png, verdict } = await shoot(driver, url, { viewport, timeoutMs: 6000 });
    expect(performance.now() - startMs).toBeLessThan(6500);
    expect(await panelsOf(png)).toEqual(["drawn", "empty", "drawn"]);
    expect(verdict).toMatchObject({ kind: "partial", unready: expect.arrayContaining([stuck]) });
  });

  test("with a panel that failed is photographed without waiting for it", async () => {
    const startMs = performance.now();
    const { png, verdict } = await shoot(driver, `${portal.url}/${page}.html?error=2`, { viewport, timeoutMs: 6000 });
    expect(performance.now() - startMs).toBeLessThan(5000);
    expect(await panelsOf(png)).toEqual(["drawn", "empty", "drawn"]);
    expect(verdict).toEqual(failed === undefined ? { kind: "ready" } : { kind: "partial", unready: [failed] });
  });
});

describe("Grafana", () => {
  test("that announces a report but gives none, as ordinary pages of it do, is ready all the same", async () => {
    const { png, verdict } = await shoot(driver, `${portal.url}/grafana-binding.html?report=no`, { viewport });
    expect(await panelsOf(png)).toEqual(["drawn", "drawn", "drawn"]);
    expect(verdict).toEqual({ kind: "ready" });
  });

  test("that reports a failure says so in the verdict", async () => {
    const { verdict } = await shoot(driver, `${portal.url}/grafana-binding.html?success=false`, { viewport });
    const words = "the page says: Grafana reported that it could not draw the page";
    expect(verdict).toEqual({ kind: "partial", unready: [words] });
  });

  test("whose queries begin only after a long pause is waited for", async () => {
    const { png, verdict } = await shoot(driver, `${portal.url}/grafana-scenes.html?pause=2700`, { viewport });
    expect(await panelsOf(png)).toEqual(["drawn", "drawn", "drawn"]);
    expect(verdict).toEqual({ kind: "ready" });
  });
});

test("Superset's charts below the window are drawn for a picture of the whole page", async () => {
  const options = { viewport, fullPage: true };
  const { png, height, verdict } = await shoot(driver, `${portal.url}/superset.html`, options);
  expect(verdict).toEqual({ kind: "ready" });
  expect(height).toBeGreaterThanOrEqual(3200);
  expect((await pixelsOf(png)).at(50, 3000 + 72)).toBe("0,128,0");
});

test("ATSD's note that series are loaded is gone from the picture", async () => {
  const { png } = await shoot(driver, `${portal.url}/atsd.html`, { viewport });
  expect((await pixelsOf(png)).at(112, 55)).toBe("238,238,238");
});

describe("a query that is never answered", () => {
  const photograph = async (page: string, timeoutMs: number) => {
    await using hanging = await productSite({ hung: 2 });
    const { png, verdict } = await shoot(driver, `${hanging.url}/${page}.html`, { viewport, timeoutMs });
    return { panels: await panelsOf(png), verdict };
  };

  test("costs the other panels nothing, and its own panel is named", async () => {
    const { panels, verdict } = await photograph("superset", 10_000);
    const named = "the Superset chart 12 was not drawn";
    expect(verdict).toMatchObject({ kind: "partial", unready: expect.arrayContaining([named]) });
    expect(panels).toEqual(["drawn", "empty", "drawn"]);
  });

  test("costs the other panels nothing in little time either", async () => {
    const { panels } = await photograph("superset", 6000);
    expect(panels).toEqual(["drawn", "empty", "drawn"]);
  });

  test("is named although the other panels were moving when the time ran out", async () => {
    const { verdict } = await photograph("atsd", 5000);
    const named = `the ATSD widget "cpu_busy" was loading`;
    expect(verdict).toMatchObject({ kind: "partial", unready: expect.arrayContaining([named]) });
  });
});
