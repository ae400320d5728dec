import { expect, test } from "vitest";
import type { Alert } from "../../../src/core/alert.ts";
import { AlertInput } from "../../../src/core/alert.ts";
import { limits } from "../../../src/core/limits.ts";
import { Portal } from "../../../src/core/portal.ts";
import { newRoom } from "../../../src/core/room.ts";
import type { Heard, Message, Words } from "../../../src/core/room.ts";
import { Route } from "../../../src/core/route.ts";
import { readyRoutes } from "../../../src/pipeline/choose.ts";
import { heardAlert, heardPlans } from "../../../src/pipeline/gateway.ts";
import type { GatewaySettings } from "../../../src/pipeline/gateway.ts";

const at = new Date("2026-03-01T12:30:45Z");

function heardOf(
  changes: Partial<Message> = {},
  links: readonly string[] = [],
): Heard & { readonly readings: () => number } {
  let readings = 0;
  const message: Message = {
    kind: "notification",
    sender: { id: 1, name: "cron" },
    label: "",
    text: "<b>disk</b> full",
    format: "html",
    color: "red",
    notify: true,
    sequence: 1,
    id: "m-1",
    at,
    ...changes,
  };
  return {
    room: { ...newRoom("Ops"), id: 3, kind: "room", createdAt: at },
    message,
    page: "https://chat.example.com/rooms/Ops",
    read: (): Words => {
      readings += 1;
      return { text: "disk full", links };
    },
    readings: () => readings,
  };
}

function settingsOf(
  routes: readonly object[],
  roomPortals: Readonly<Record<string, readonly string[]>> = {},
): GatewaySettings {
  return {
    routes: readyRoutes(routes.map((route) => Route.parse(route))),
    portals: new Map([["cpu", Portal.parse({ url: "https://g.example.com/cpu?h=${entity}&m=${metric}" })]]),
    roomPortals: new Map(Object.entries(roomPortals)),
  };
}

const asAlert = (input: AlertInput): Alert => ({ ...input, status: "OPEN", id: "a-1", time: at, acceptedAt: at });

function plansOf(heard: Heard, settings: GatewaySettings) {
  const found = heardAlert(heard, settings);
  return found === undefined ? undefined : heardPlans(asAlert(found.input), heard, found.linked, settings);
}

const room = { source: "room" };
const cpu = "https://g.example.com/cpu?h=web01";

test("a message is an alert without a window, with all that it says", () => {
  const link = "https://elsewhere.example/";
  const { input } =
    heardAlert(heardOf({ label: "nagios" }, [link, cpu]), settingsOf([{ match: room, channels: ["a"] }])) ?? {};
  expect(input).toEqual({
    source: "room",
    once: true,
    severity: "critical",
    rule: "Message in Ops",
    entity: "web01",
    metric: "",
    tags: { message: "m-1" },
    message: "disk full",
    ruleLink: "https://chat.example.com/rooms/Ops",
    link,
    fields: {
      room: "Ops",
      sender: "nagios",
      color: "red",
      kind: "notification",
      format: "html",
      notify: true,
      messageId: "m-1",
    },
  });
  expect(() => AlertInput.parse(input)).not.toThrow();
});

test.each([
  ["red", "critical"],
  ["yellow", "warning"],
  ["green", "normal"],
  ["gray", "unknown"],
  ["purple", "undefined"],
] as const)("%s is %s", (color, severity) => {
  const settings = settingsOf([{ match: room, channels: ["a"] }]);
  expect(heardAlert(heardOf({ color }), settings)?.input.severity).toBe(severity);
});

test("links that name different entities name none; each picture has its own", () => {
  const found = heardAlert(
    heardOf({ text: "http" }, [`${cpu}&m=load`, "https://g.example.com/cpu?h=web02&m=load"]),
    settingsOf([]),
  );
  expect(found?.input).toMatchObject({ entity: "", metric: "load" });
  expect(found?.linked).toEqual(["cpu?entity=web01&metric=load", "cpu?entity=web02&metric=load"]);
});

test("a message that can have no consequences is not even read", () => {
  const heard = heardOf();
  expect(
    plansOf(heard, settingsOf([{ channels: ["a"] }, { match: { source: "room?" }, channels: ["b"] }])),
  ).toBeUndefined();
  expect(heard.readings()).toBe(0);
});

test("only routes that ask for the source hear of it, whatever stands before them", () => {
  const settings = settingsOf([
    { channels: ["everything"], stop: true },
    { match: { source: "hook*" }, channels: ["hooks"] },
    { match: { source: "*", fields: { room: "O*" } }, channels: ["a"], open: { text: "x", delay: "5m" } },
    { match: { ...room, fields: { room: "Other" } }, channels: ["b"] },
    { match: room, default: true, channels: ["c"] },
  ]);
  expect(plansOf(heardOf(), settings)).toEqual({ routed: [{ channel: "a", portals: [], text: "x" }], own: [] });
});

test("links' portals go into the room and along with the routes, which have a text for messages", () => {
  const settings = settingsOf([
    { match: room, channels: ["a"], portals: ["board"] },
    { match: room, channels: ["b"], open: { picture: false } },
  ]);
  const text = undefined;
  expect(plansOf(heardOf({ text: "http" }, [cpu]), settings)).toEqual({
    routed: [
      { channel: "a", portals: ["board", "cpu?entity=web01"], text },
      { channel: "b", portals: [], text },
    ],
    own: [{ channel: "@rooms/room/3", portals: ["cpu?entity=web01"], text: "" }],
  });
});

test("portals of the room and of routes without channels go into the room, at most some of them", () => {
  const names = Array.from({ length: 9 }, (_, index) => `p${index}`);
  const settings = settingsOf([{ match: room, channels: [], portals: ["board"] }], { Ops: ["cpu"], Other: ["other"] });
  const own = (portals: readonly string[]) => [{ channel: "@rooms/room/3", portals, text: "" }];
  expect(plansOf(heardOf(), settings)?.own).toEqual(own(["cpu", "board"]));
  expect(plansOf(heardOf({ kind: "message" }), settings)?.own).toEqual(own(["board"]));
  const many = plansOf(heardOf(), settingsOf([], { Ops: names }));
  expect(many?.own).toEqual(own(names.slice(0, limits.messagePicturesMax)));
});

test("a route that stops, without channels and portals, keeps the pictures away", () => {
  const settings = settingsOf([{ match: { ...room, fields: { sender: "cron" } }, channels: [], stop: true }], {
    Ops: ["cpu"],
  });
  expect(plansOf(heardOf(), settings)).toEqual({ routed: [], own: [] });
  expect(plansOf(heardOf({ label: "other" }), settings)?.own).toHaveLength(1);
});
