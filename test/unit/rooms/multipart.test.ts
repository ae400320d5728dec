import { describe, expect, test } from "vitest";
import { splitMultipart } from "../../../src/rooms/multipart.ts";

const parts = (body: string | Buffer, boundary = "b"): readonly string[] => {
  const result = splitMultipart(Buffer.isBuffer(body) ? body : Buffer.from(body, "latin1"), boundary);
  if (!result.ok) throw new Error(result.problem);
  return result.parts.map(({ content }) => content.toString("latin1"));
};
const problem = (body: string | Buffer, boundary: string | undefined): string | undefined => {
  const result = splitMultipart(Buffer.from(body), boundary);
  return result.ok ? undefined : result.problem;
};

describe("line ends", () => {
  test.each([
    ["CRLF", "--b\r\nA: 1\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--\r\n"],
    ["LF", "--b\nA: 1\n\none\n--b\n\ntwo\n--b--"],
    ["a preamble and an epilogue", "hello\r\n--b\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--\r\nbye\r\n--b\r\n\r\nthree"],
    ["spaces after the boundary", "--b  \r\n\r\none\r\n--b\t\r\n\r\ntwo\r\n--b-- \r\n"],
  ])("%s", (_, body) => {
    expect(parts(body)).toEqual(["one", "two"]);
  });

  test("a CR that ends binary content is kept when the body's lines end with LF alone", () => {
    expect(parts("--b\n\n\x00\r\n--b--")).toEqual(["\x00\r"]);
    expect(parts("--b\r\n\r\n\x00\r\r\n--b--")).toEqual(["\x00\r"]);
  });
});

describe("boundaries", () => {
  test("content may hold the boundary in the middle of a line, or one that goes on with other characters", () => {
    expect(parts("--b\r\n\r\nx--b\r\n--bb\r\n--b-x\r\n--b--")).toEqual(["x--b\r\n--bb\r\n--b-x"]);
  });
  test("a body that is never closed gives its last part to the end", () => {
    expect(parts("--b\n\none\n--b\n\ntwo")).toEqual(["one", "two"]);
  });
  test("a body that ends with an opening boundary has no further part", () => {
    expect(parts("--b\n\none\n--b\n")).toEqual(["one"]);
    expect(parts("--b\n\none\n--b")).toEqual(["one"]);
  });
  test("an empty part is empty", () => {
    expect(parts("--b\r\n\r\n\r\n--b--")).toEqual([""]);
  });
  test("a part without a blank line is left out", () => {
    expect(parts("--b\r\nA: 1\r\n--b\r\n\r\ntwo\r\n--b--")).toEqual(["two"]);
  });
});

describe("part headers", () => {
  const headersOf = (head: string): ReadonlyMap<string, string> => {
    const result = splitMultipart(Buffer.from(`--b\n${head}\n\nx\n--b--`), "b");
    if (!result.ok) throw new Error(result.problem);
    return result.parts[0]?.headers ?? new Map();
  };
  test("names are caseless, the first of two counts, and folded lines belong to the one before", () => {
    const headers = headersOf(
      "CONTENT-Type: image/png\nContent-Disposition: attachment;\n filename=a.png\ncontent-type: x",
    );
    expect([...headers]).toEqual([
      ["content-type", "image/png"],
      ["content-disposition", "attachment; filename=a.png"],
    ]);
  });
  test("are read as UTF-8, and as Latin-1 where they are not that", () => {
    expect(headersOf("A: графік").get("a")).toBe("графік");
    const latin = splitMultipart(Buffer.from("--b\nA: \xe9\n\nx\n--b--", "latin1"), "b");
    expect(latin.ok && latin.parts[0]?.headers.get("a")).toBe("é");
  });
  test("lines without a colon or a name are skipped", () => {
    expect([...headersOf("nonsense\n: x\nA:1")]).toEqual([["a", "1"]]);
  });
});

describe("hostile bodies", () => {
  test("no boundary, an empty one and one beyond 200 characters are refused", () => {
    expect(problem("--\r\n\r\nx", undefined)).toMatch(/missing/u);
    expect(problem("--\r\n\r\nx", "")).toMatch(/missing/u);
    expect(problem(`--${"b".repeat(201)}\n\nx`, "b".repeat(201))).toMatch(/longer than 200/u);
    expect(parts(`--${"b".repeat(200)}\n\nx`, "b".repeat(200))).toEqual(["x"]);
  });
  test("a body without its boundary is refused, also an empty one", () => {
    expect(problem("", "b")).toMatch(/does not contain/u);
    expect(problem("x--b\r\n\r\n", "b")).toMatch(/does not contain/u);
  });
  test("too many headers, too long headers and headers that never end are refused", () => {
    expect(problem(`--b\n${"A: 1\n".repeat(1000)}\nx\n--b--`, "b")).toMatch(/headers/u);
    expect(problem(`--b\nA: ${"x".repeat(17_000)}\n\nx\n--b--`, "b")).toMatch(/headers/u);
    expect(problem(`--b\n${"x".repeat(1_000_000)}`, "b")).toMatch(/headers/u);
    expect(parts(`--b\n${"A: 1\n".repeat(32)}\nx\n--b--`)).toEqual(["x"]);
  });
  test("more than 16 parts are refused, with content or without", () => {
    expect(problem(`${"--b\n\nx\n".repeat(17)}--b--`, "b")).toMatch(/more than 16/u);
    expect(problem(`${"--b\n".repeat(100_000)}--b--`, "b")).toMatch(/more than 16/u);
    expect(parts(`${"--b\n\nx\n".repeat(16)}--b--`)).toHaveLength(16);
  });
  test("a nested multipart is content like any other", () => {
    expect(parts("--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\nx\n--c--\n--b--")).toEqual([
      "--c\n\nx\n--c--",
    ]);
  });
  test("a body cut anywhere, or with any byte changed, never throws", () => {
    const body = Buffer.from('--b\r\nA: "1;\r\n\r\n\xff\r\n--b\r\nContent-Type: x\r\n\r\ntwo\r\n--b--\r\n', "latin1");
    for (let end = 0; end <= body.length; end++) {
      expect(() => splitMultipart(body.subarray(0, end), "b")).not.toThrow();
      for (const byte of [0, 0x0a, 0x0d, 0x2d, 0xff]) {
        const changed = Buffer.from(body);
        changed[end % body.length] = byte;
        expect(() => splitMultipart(changed, "b")).not.toThrow();
      }
    }
  });
});
