import { describe, expect, test } from "vitest";
import { sanitiseMessage } from "../../../src/rooms/page/notification-html.ts";
import { addressesIn, textToHtml } from "../../../src/rooms/page/plain-text.ts";
import { attacks } from "./attacks.ts";

const allowedTags = new Set(
  "a b i strong em br img pre code span ul ol li dl dt dd table caption thead tbody tfoot tr th td blockquote".split(
    " ",
  ),
);
const allowedAttributes = new Set(
  "href target rel src alt width height align loading referrerpolicy data-style colspan rowspan valign class title".split(
    " ",
  ),
);

/** Reads markup as strictly as it is written: every `<` must open or close one of our tags with known, quoted attributes. */
function expectHarmless(html: string): void {
  const tag = /<\/?(?<name>[a-z]+)(?<attributes>(?: [a-z-]+="[^"<>]*")*) ?\/?>/gu;
  for (const { groups } of html.matchAll(tag)) {
    expect(allowedTags).toContain(groups?.["name"]);
    for (const [, name = "", value = ""] of (groups?.["attributes"] ?? "").matchAll(/ ([a-z-]+)="([^"]*)"/gu)) {
      expect(allowedAttributes).toContain(name);
      if (name === "href") expect(value).toMatch(/^(?:https?:\/\/|mailto:)/u);
      if (name === "src") expect(value).toMatch(/^https?:\/\//u);
      if (name === "data-style")
        expect(value).toMatch(/^(?:(?:color|font-weight|text-decoration|width|height):[\w#.%(), ]+;?)+$/u);
      if (name === "class") expect(value).toMatch(/^(?:mention|emoticon)$/u);
      if (name === "title") expect(value).toMatch(/^\([a-z]+\)$/iu);
    }
  }
  expect(html.replace(tag, "")).not.toContain("<");
}

describe.each(attacks)("%j", (attack) => {
  test("is harmless in an HTML message", () => expectHarmless(sanitiseMessage(attack)));
  test("is harmless in a text message", () => {
    const html = textToHtml(attack, "Maya");
    expectHarmless(html);
    expect(html.replace(/<[^>]*>/gu, "")).not.toMatch(/[<>]/u);
  });
  test.each(["code", "quote", "me"])("is harmless behind /%s and in a name", (word) => {
    expectHarmless(textToHtml(`/${word} ${attack}`, attack));
  });
});

describe("HTML messages", () => {
  test("keep HipChat's tags and attributes", () => {
    const html =
      "<b>a</b><i>b</i><strong>c</strong><em>d</em><br /><pre><code>e</code></pre><ul><li>f</li></ul>" +
      '<table><tr valign="top"><td colspan="2" rowspan="3" valign="top">g</td></tr></table>';
    expect(sanitiseMessage(html)).toBe(html);
  });
  test("get links that open elsewhere and tell nothing about this page", () => {
    expect(sanitiseMessage('<a href="https://a.example/?x=1&amp;y=2" rel="opener">x</a>')).toBe(
      '<a href="https://a.example/?x=1&amp;y=2" target="_blank" rel="noopener noreferrer nofollow">x</a>',
    );
    expect(sanitiseMessage('<a href="mailto:ops@example.com">x</a>')).toContain('href="mailto:ops@example.com"');
    expect(sanitiseMessage('<a href="javascript:alert(1)">x</a>')).toBe("<a>x</a>");
  });
  test("get pictures that load late and only from whole web addresses", () => {
    expect(sanitiseMessage('<img src="https://a.example/x.png" alt="CPU" width="40" height="2000px">')).toBe(
      '<img src="https://a.example/x.png" alt="CPU" loading="lazy" referrerpolicy="no-referrer" width="40" />',
    );
    expect(sanitiseMessage('a<img src="x.png">b')).toBe("ab");
  });
  test("hand the few styles that HipChat allowed to the page's script", () => {
    expect(sanitiseMessage('<span style="COLOR: #f00; font-weight:bold; position:fixed; width: 10px">x</span>')).toBe(
      '<span data-style="color:#f00;font-weight:bold;width:10px">x</span>',
    );
  });
  test("keep the text of tags that go, apart from paragraphs' line ends", () => {
    expect(sanitiseMessage("<h1>one</h1><p>two</p><font color=red>three</font>")).toBe("one<br />twothree");
  });
  test("deeper than the limit lose their depth, not their text", () => {
    const html = sanitiseMessage(`${"<b>".repeat(3000)}x${"</b>".repeat(3000)}`);
    expect(html).toContain("x");
    expect(html.match(/<b>/gu)?.length).toBeLessThan(100);
  });
});

describe("text messages", () => {
  const html = (text: string): string => textToHtml(text, "Maya");

  test("escape what HTML would take for markup", () => {
    expect(html(`<b> & "x" 'y'`)).toBe("&lt;b&gt; &amp; &quot;x&quot; &#39;y&#39;");
  });
  test.each([
    ["see http://a.example/x.", "http://a.example/x", "."],
    ["(https://a.example/x)", "https://a.example/x", ")"],
    ["(https://a.example/x_(y))).", "https://a.example/x_(y)", "))."],
    ["https://a.example/x_(y), z", "https://a.example/x_(y)", ", z"],
    ["https://a.example/?a=1&b=2!", "https://a.example/?a=1&amp;b=2", "!"],
  ])("make a link of the address in %j", (text, shown, after) => {
    expect(html(text)).toContain(`>${shown}</a>${after}`);
    expect(html(text)).toContain(`href="${shown}"`);
  });
  test("leave what is no web address alone", () => {
    for (const text of ["javascript:alert(1)", "ftp://a.example", "http://", "www.example.com"])
      expect(html(text)).not.toContain("<a");
  });
  test("let mentions stand out, but not e-mail addresses", () => {
    expect(html('@all and @"Maya L" and @Bob, bob@example.com a/@b')).toBe(
      '<span class="mention">@all</span> and <span class="mention">@&quot;Maya L&quot;</span> and ' +
        '<span class="mention">@Bob</span>, bob@example.com a/@b',
    );
  });
  test("show HipChat's emoticons that have a sign, but not in code", () => {
    expect(html("(thumbsup) (Success) (allthethings) (a) f(heart)")).toBe(
      '<span class="emoticon" title="(thumbsup)">👍</span> <span class="emoticon" title="(Success)">✅</span> ' +
        '(allthethings) (a) f<span class="emoticon" title="(heart)">❤️</span>',
    );
    expect(addressesIn("(thumbsup) @all http://a.example/(star).")).toEqual(["http://a.example/(star)"]);
    expect(html("/code (thumbsup)")).toBe("<pre><code>(thumbsup)</code></pre>");
    expect(html("https://a.example/(star)")).not.toContain("⭐");
  });
  test("keep their line ends", () => expect(html("a\n\nb")).toBe("a\n\nb"));
  test.each([
    ["/code <b>", "<pre><code>&lt;b&gt;</code></pre>"],
    ["/code\na\nb", "<pre><code>a\nb</code></pre>"],
    ["/pre @all", '<pre><span class="mention">@all</span></pre>'],
    ["/quote x", "<blockquote>x</blockquote>"],
    ["/me is on it", "<em>Maya is on it</em>"],
    ["/codex", "/codex"],
    [" /code x", " /code x"],
  ])("know HipChat's slash forms: %j", (text, expected) => expect(html(text)).toBe(expected));
  test("of 10,000 hostile characters are drawn in no time", () => {
    const startedMs = performance.now();
    for (const piece of ["http://", "((((", "(star", "@", '@"', "https://a.example/)))", "https://a.example/((("]) {
      html(piece.repeat(10_000 / piece.length));
    }
    html(`https://a.example/${")".repeat(9_900)}`);
    expect(performance.now() - startedMs).toBeLessThan(2000);
  });
});
