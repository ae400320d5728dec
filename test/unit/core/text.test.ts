import { describe, expect, test } from "vitest";
import { cutHtml, cutText, escapeHtml } from "../../../src/core/text.ts";

describe("cutText", () => {
  test("leaves text within the limit alone", () => {
    expect(cutText("abc", 3)).toBe("abc");
  });
  test("marks what it cut and keeps the limit", () => {
    expect(cutText("abcdef", 4)).toBe("abc…");
  });
  test("never splits an emoji made of several code points", () => {
    const family = "👨‍👩‍👧‍👦";
    expect(cutText(`ab${family}cd`, 8)).toBe("ab…");
    expect(cutText(`${family}${family}`, family.length + 1)).toBe(`${family}…`);
  });
});

describe("cutHtml", () => {
  test("closes what is open and keeps the limit", () => {
    const html = `<b>one <i>${"x".repeat(100)}</i></b>`;
    const cut = cutHtml(html, 40);
    expect(cut).toMatch(/^<b>one <i>x+…<\/i><\/b>$/u);
    expect(cut.length).toBeLessThanOrEqual(40);
  });
  test("never cuts inside a tag or an entity", () => {
    const html = `<a href="http://example.com/long/long/long">link</a>`;
    expect(cutHtml(html, 30)).toBe("…");
    expect(cutHtml("aaaa&amp;bbbb", 8)).toBe("aaaa…");
  });
  test("every limit gives balanced tags within the limit", () => {
    const html = "<p>a<b>b<i>c</i></b><br>&lt;d&gt;</p>".repeat(5);
    for (let charsMax = 1; charsMax < html.length; charsMax++) {
      const cut = cutHtml(html, charsMax);
      expect(cut.length).toBeLessThanOrEqual(charsMax);
      const opened = [...cut.matchAll(/<([a-z]+)>/gu)].filter(([, name]) => name !== "br").length;
      expect([...cut.matchAll(/<\/[a-z]+>/gu)]).toHaveLength(opened);
    }
  });
});

test("escapeHtml covers element content and quoted attributes", () => {
  expect(escapeHtml(`<a b="c" d='e'>&`)).toBe("&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;");
});
