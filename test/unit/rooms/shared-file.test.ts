import { describe, expect, test } from "vitest";
import { Fault } from "../../../src/rooms/answer.ts";
import { readSharedFile } from "../../../src/rooms/shared-file.ts";
import type { SharedFile } from "../../../src/rooms/shared-file.ts";
import { requestOf, tinyPng } from "./open-rooms.ts";

const read = (body: string | Buffer, contentType = "multipart/related; boundary=b"): SharedFile =>
  readSharedFile(requestOf("POST", "/", { headers: { "content-type": contentType }, body }));

const withFile = (disposition: string, before = "", content: string | Buffer = tinyPng, headers = ""): Buffer =>
  Buffer.concat([
    Buffer.from(`${before}--b\r\n${headers}Content-Disposition: ${disposition}\r\n\r\n`),
    Buffer.from(content),
    Buffer.from("\r\n--b--"),
  ]);
const metadata = (json: string, headers = 'Content-Disposition: attachment; name="metadata"'): string =>
  `--b\r\n${headers}\r\n\r\n${json}\r\n`;
const file = 'attachment; name="file"; filename="chart.png"';

const faultOf = (act: () => unknown): Fault => {
  try {
    act();
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  throw new Error("Nothing was refused.");
};

describe("the file", () => {
  test("is the part named file, whatever stands before it and whatever it is called", () => {
    const shared = read(
      withFile(file, `--b\r\nContent-Disposition: attachment; name="x"; filename="decoy.txt"\r\n\r\nno\r\n`),
    );
    expect(shared.bytes.equals(tinyPng)).toBe(true);
    expect(shared).toMatchObject({ name: "chart.png", mediaType: "image/png", pixels: { width: 4, height: 4 } });
  });
  test("is otherwise the first part with a file name", () => {
    expect(read(withFile("attachment; filename=chart.png")).name).toBe("chart.png");
  });
  test.each([
    ["in one line", tinyPng.toString("base64")],
    ["wrapped with CRLF", tinyPng.toString("base64").replace(/.{20}/gu, "$&\r\n")],
    ["wrapped with LF and an empty line at the end", `${tinyPng.toString("base64").replace(/.{20}/gu, "$&\n")}\n\n`],
  ])("is decoded from base64 %s", (_, content) => {
    const headers = "Content-Transfer-Encoding: BASE64\r\n";
    expect(read(withFile(file, "", content, headers)).bytes.equals(tinyPng)).toBe(true);
  });
  test("keeps every byte of binary content", () => {
    const bytes = Buffer.from(Array.from({ length: 1024 }, (_, index) => index % 256));
    expect(read(withFile(file, "", bytes)).bytes.equals(bytes)).toBe(true);
  });
  test("is a picture by its bytes alone: a page that calls itself one is a download", () => {
    const page = read(
      withFile('attachment; name="file"; filename="x.png"', "", "<script>", "Content-Type: image/png\r\n"),
    );
    expect(page.mediaType).toBe("application/octet-stream");
    expect(page.pixels).toBeUndefined();
    const picture = read(
      withFile("attachment; name=file; filename=x", "", tinyPng, "Content-Type: application/octet-stream\r\n"),
    );
    expect(picture.mediaType).toBe("image/png");
  });
  test("that is missing or empty is refused with the field's name", () => {
    const missing = faultOf(() => read(`${metadata("{}")}--b--`));
    expect([missing.status, missing.details["field"]]).toEqual([400, "file"]);
    const empty = faultOf(() => read(withFile(file, "", "")));
    expect([empty.status, empty.details["field"]]).toEqual([400, "file"]);
  });
  test("is refused when the body is no multipart, or has no boundary", () => {
    expect(faultOf(() => read("{}", "application/json")).status).toBe(415);
    expect(faultOf(() => read("{}", "")).status).toBe(415);
    expect(faultOf(() => read(withFile(file), "multipart/related")).status).toBe(400);
  });
});

describe("the file's name", () => {
  test.each([
    ["a Windows path", String.raw`C:\charts\a.png`, "a.png"],
    ["a path upwards", "../../etc/passwd", "passwd"],
    ["only dots", "..", "file.png"],
    ["nothing", "", "file.png"],
    ["control characters", "a\tb\x01.png", "ab.png"],
    ["a mark that turns the writing direction", "a\u202egpj.exe", "agpj.exe"],
    ["other scripts and emoji", "графік 📈 مخطط.png", "графік 📈 مخطط.png"],
  ])("with %s is made safe", (_, given, expected) => {
    expect(read(withFile(`attachment; name="file"; filename="${given}"`)).name).toBe(expected);
  });
  test("beyond 255 characters is cut before its extension", () => {
    const { name } = read(withFile(`attachment; name="file"; filename="${"x".repeat(300)}.png"`));
    expect(name).toBe(`${"x".repeat(251)}.png`);
  });
});

describe("the caption", () => {
  test.each([
    ["a part named metadata", metadata('{"message":"CPU é","from":"x"}')],
    ["a part named body", metadata('{"message":"CPU é"}', 'Content-Disposition: attachment; name="body"')],
    ["a part of type JSON", metadata('{"message":"CPU é"}', "Content-Type: application/json; charset=UTF-8")],
    [
      "base64",
      metadata(
        Buffer.from('{"message":"CPU é"}').toString("base64"),
        "Content-Disposition: x; name=metadata\r\nContent-Transfer-Encoding: base64",
      ),
    ],
    ["a form field named message", metadata("CPU é", 'Content-Disposition: form-data; name="message"')],
  ])("comes from %s", (_, before) => {
    expect(read(withFile(file, before)).caption).toBe("CPU é");
  });
  test("is taken out of JSON whose writer escaped nothing", () => {
    expect(read(withFile(file, metadata('{"message": "the "big" chart"}'))).caption).toBe('the "big" chart');
  });
  test.each(["", "nonsense", "[1]", "{", '{"message": 7}', "null"])("is empty when the JSON part is %j", (json) => {
    expect(read(withFile(file, metadata(json))).caption).toBe("");
  });
  test("has at most 1,000 characters", () => {
    const caption = (chars: number): string => metadata(JSON.stringify({ message: "🔥".repeat(chars) }));
    expect(read(withFile(file, caption(1000))).caption).toHaveLength(2000);
    const fault = faultOf(() => read(withFile(file, caption(1001))));
    expect([fault.status, fault.details["field"], fault.details["validation"]]).toEqual([400, "message", "maxLength"]);
  });
});
