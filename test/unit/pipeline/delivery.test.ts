import { expect, test } from "vitest";
import { Portal } from "../../../src/core/portal.ts";
import { textOf } from "../../../src/pipeline/delivery.ts";
import { alertOf, channelOf } from "../../support/pipeline.ts";

const portals = new Map([["cpu", Portal.parse({ url: "https://g.example.com/?h=${entity}&a=1", title: "CPU <1>" })]]);
const channel = (format: "html" | "text", portalLinks: boolean) =>
  channelOf(
    {
      format,
      pictures: { taken: true, limits: { bytesMax: 1, pixelsMax: 1, sideMax: 1, mediaTypes: ["image/png"] } },
      deliver: async () => ({}),
      check: async () => [],
      async [Symbol.asyncDispose]() {},
    },
    { portalLinks },
  );
const textIn = (format: "html" | "text", portalLinks: boolean, text = "Hot."): string => {
  const plan = { channel: "ops", portals: ["cpu"], text };
  return textOf(
    alertOf({ entity: "web01" }),
    { id: "d", plan, steps: new Map() },
    channel(format, portalLinks),
    portals,
  ).text;
};

test("links to the portals follow the text only where the channel wants them", () => {
  expect(textIn("html", false)).toBe("Hot.");
  expect(textIn("html", true)).toBe('Hot.<br><a href="https://g.example.com/?h=web01&amp;a=1">CPU &lt;1&gt;</a>');
  expect(textIn("text", true)).toBe("Hot.\nCPU <1>: https://g.example.com/?h=web01&a=1");
  expect(textIn("html", true, "{% if false %}x{% endif %}")).toBe("");
});
