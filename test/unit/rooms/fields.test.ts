import { describe, expect, test } from "vitest";
import { colors } from "../../../src/core/message.ts";
import { Fault } from "../../../src/rooms/answer.ts";
import { readColor, readFormat, readFrom, readMessage, readNotify } from "../../../src/rooms/fields.ts";

const detailsOf = (act: () => unknown): Readonly<Record<string, unknown>> => {
  try {
    act();
  } catch (error) {
    if (error instanceof Fault) return { status: error.status, message: error.message, ...error.details };
    throw error;
  }
  throw new Error("Nothing was refused.");
};

describe("message", () => {
  test("has 1 to 10,000 characters, an emoji being one", () => {
    expect(readMessage({ message: "🔥".repeat(10_000) })).toHaveLength(20_000);
    expect(detailsOf(() => readMessage({ message: "🔥".repeat(10_001) }))).toMatchObject({
      status: 400,
      field: "message",
      validation: "maxLength",
      expected_type: "string",
    });
    expect(detailsOf(() => readMessage({ message: "" }))).toMatchObject({ field: "message", validation: "minLength" });
    expect(detailsOf(() => readMessage({}))).toMatchObject({ field: "message", validation: "required" });
    expect(detailsOf(() => readMessage({ message: null }))).toMatchObject({ validation: "required" });
  });
  test("that is no text is refused with its value", () => {
    expect(detailsOf(() => readMessage({ message: { a: 1 } }))).toMatchObject({
      validation: "type",
      expected_type: "string",
      value: '{"a":1}',
    });
    expect(readMessage({ message: 7 })).toBe("7");
  });
  test("loses control characters and broken surrogates, and keeps tabs and line ends", () => {
    expect(readMessage({ message: "a\u0000b\u001b[0m\tc\r\nd\ud800e\u0085" })).toBe("ab[0m\tc\r\nd\ufffde");
    expect(detailsOf(() => readMessage({ message: "\u0000" }))).toMatchObject({ validation: "minLength" });
  });
  test("is never echoed whole", () => {
    const details = detailsOf(() => readMessage({ message: "x".repeat(1_000_000) }));
    expect(JSON.stringify(details).length).toBeLessThan(600);
  });
});

describe("notify", () => {
  test.each([true, "true", "True", 1, "1"])("takes %j for yes", (notify) => expect(readNotify({ notify })).toBe(true));
  test.each([false, "false", 0, "0", "", null, undefined])("takes %j for no", (notify) =>
    expect(readNotify({ notify })).toBe(false),
  );
  test("refuses anything else in HipChat's words", () => {
    expect(detailsOf(() => readNotify({ notify: "yes" }))).toEqual({
      status: 400,
      message: "Value u'yes' for field 'notify' is not of type 'boolean'",
      expected_type: "boolean",
      field: "notify",
      validation: "type",
      value: "yes",
    });
    expect(detailsOf(() => readNotify({ notify: { x: 1 } }))).toMatchObject({ field: "notify" });
    expect(detailsOf(() => readNotify({ notify: "toString" }))).toMatchObject({ field: "notify" });
  });
});

describe("color", () => {
  test("is yellow unless named, and knows Grafana's spellings", () => {
    expect([{}, { color: "" }, { color: null }].map((fields) => readColor(fields))).toEqual([
      "yellow",
      "yellow",
      "yellow",
    ]);
    expect(readColor({ color: "grey" })).toBe("gray");
    expect(colors.map((color) => readColor({ color: color.toUpperCase() }))).toEqual(colors);
  });
  test("random draws each of the five", () => {
    const drawn = new Set(Array.from({ length: 400 }, () => readColor({ color: "random" })));
    expect([...drawn].toSorted()).toEqual([...colors].toSorted());
  });
  test("refuses others with the list of those there are", () => {
    const details = detailsOf(() => readColor({ color: "pink" }));
    expect(details).toMatchObject({ field: "color", validation: "enum", value: "pink" });
    expect(details["message"]).toContain("u'purple'");
  });
});

test("message_format is html or text, and the call's own default when absent", () => {
  expect(readFormat({}, "html")).toBe("html");
  expect(readFormat({}, "text")).toBe("text");
  expect(readFormat({ message_format: "TEXT" }, "html")).toBe("text");
  expect(detailsOf(() => readFormat({ message_format: "markdown" }, "html"))).toMatchObject({
    field: "message_format",
  });
});

test("from has up to 64 characters on one line", () => {
  expect(readFrom({ from: " Chart\n bell " })).toBe("Chart bell");
  expect(readFrom({ from: "x".repeat(64) })).toHaveLength(64);
  expect(detailsOf(() => readFrom({ from: "x".repeat(65) }))).toMatchObject({
    status: 400,
    field: "from",
    validation: "maxLength",
  });
});
