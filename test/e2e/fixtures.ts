import { test as base } from "@playwright/test";
import type { App } from "../../src/app.ts";
import { startTestApp } from "../support/app.ts";
import { tinyPng } from "../support/messages.ts";

interface Fixtures {
  readonly app: App;
}

/** A test with a Chartbell of its own, with the rooms Alerts and Empty. */
export const test = base.extend<Fixtures>({
  // Playwright reads the names of the fixtures from this pattern; there are none.
  // oxlint-disable-next-line no-empty-pattern -- Playwright demands an object pattern here.
  app: async ({}, use) => {
    await using app = await startTestApp("rooms: { names: [Alerts, Empty] }");
    await use(app);
  },
});

/** Posts a notification as a HipChat client does. */
export async function notify(app: App, body: Readonly<Record<string, unknown>>): Promise<void> {
  const response = await fetch(`${app.localUrl}/v2/room/Alerts/notification`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (response.status !== 204) throw new Error(`The room answered ${response.status}.`);
}

/** Shares a picture as `curl -F` does. */
export async function share(app: App, caption: string, bytes: Buffer = tinyPng): Promise<void> {
  const form = new FormData();
  form.set("metadata", new Blob([JSON.stringify({ message: caption })], { type: "application/json" }));
  form.set("file", new Blob([Uint8Array.from(bytes)], { type: "image/png" }), "chart.png");
  const response = await fetch(`${app.localUrl}/v2/room/Alerts/share/file`, { method: "POST", body: form });
  if (response.status !== 204) throw new Error(`The room answered ${response.status}.`);
}
