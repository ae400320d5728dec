import { describe, expect, test } from "vitest";
import { extendedParameter, parseHeaderValue } from "../../../src/rooms/header-value.ts";

const parameters = (header: string): Record<string, string> => Object.fromEntries(parseHeaderValue(header).parameters);
const fileName = (header: string): string | undefined => extendedParameter(parseHeaderValue(header), "filename");

describe("parseHeaderValue", () => {
  test("takes quoted and unquoted values, with spaces and semicolons where they are quoted", () => {
    expect(parameters('attachment; name=file; filename="a; b.png"')).toEqual({ name: "file", filename: "a; b.png" });
    expect(parameters("attachment;NAME = file ;filename=my chart.png")).toEqual({
      name: "file",
      filename: "my chart.png",
    });
    expect(parameters('multipart/related; boundary="===1=="; charset=UTF-8')).toEqual({
      boundary: "===1==",
      charset: "UTF-8",
    });
  });
  test("takes the first word in lower case and leaves out what a client glued to it", () => {
    expect(parseHeaderValue("Image/PNG charset=UTF-8").value).toBe("image/png");
    expect(parseHeaderValue("").value).toBe("");
  });
  test("unescapes quotes and backslashes and leaves the backslashes of Windows paths", () => {
    expect(parameters(String.raw`x; a="say \"hi\" \\"; b="C:\charts\a.png"`)).toEqual({
      a: String.raw`say "hi" ` + "\\",
      b: String.raw`C:\charts\a.png`,
    });
  });
  test("survives quotes that never close, and takes at most 32 parameters of 8 KiB", () => {
    expect(parameters('x; a="b; c=d')).toEqual({ a: "b; c=d" });
    expect(parameters('x; a="')).toEqual({ a: "" });
    expect(
      Object.keys(parameters(`x${Array.from({ length: 100 }, (_, index) => `; p${index}=1`).join("")}`)),
    ).toHaveLength(32);
    expect(parameters(`x; a=${"y".repeat(100_000)}`)["a"]).toHaveLength(8192 - 5);
  });
});

describe("extendedParameter", () => {
  test("decodes RFC 5987 in UTF-8 and Latin-1, and prefers it to the plain form", () => {
    expect(fileName("x; filename=plain.png; filename*=utf-8''%D0%B3%D1%80.png")).toBe("гр.png");
    expect(fileName("x; filename*=iso-8859-1'en'caf%E9.png")).toBe("café.png");
  });
  test("joins RFC 2231's pieces, encoded or not", () => {
    expect(fileName("x; filename*0*=utf-8''%D0%B3%D1; filename*1*=%80.png")).toBe("гр.png");
    expect(fileName('x; filename*0="long-"; filename*1="name.png"')).toBe("long-name.png");
  });
  test("gives what it cannot decode as it stands, and nothing when there is none", () => {
    expect(fileName("x; filename*=utf-8''%FF.png")).toBe("%FF.png");
    expect(fileName("x; filename*=100%.png")).toBe("100%.png");
    expect(fileName("x; name=file")).toBeUndefined();
  });
});
