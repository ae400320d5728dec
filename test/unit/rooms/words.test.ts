import { expect, test } from "vitest";
import { limits } from "../../../src/core/limits.ts";
import { wordsOf } from "../../../src/rooms/words.ts";
import { attacks } from "./attacks.ts";

const html = (text: string) => wordsOf({ text, format: "html" });

test.each([
  ["plain &lt;b&gt; &amp;amp; &quot;é&quot;", 'plain <b> &amp; "é"'],
  ["<p>first</p><p>second<br>third</p>fourth", "first\nsecond\nthird\nfourth"],
  ["<ul><li>one</li><li>two</li></ul>", "one\ntwo"],
  ["<table><tr><th>host</th><td>web01</td></tr><tr><td>a</td><td>b</td></tr></table>", "host web01\na b"],
  ["CPU <b>97</b>% <script>alert(1)</script><i>now</i>", "CPU 97% now"],
  ['<a href="https://g.example.com/d?a=1&amp;b=2">chart</a>, again', "chart https://g.example.com/d?a=1&b=2 , again"],
  ['<a href="https://g.example.com/d">https://g.example.com/d</a>', "https://g.example.com/d"],
  ['<a href="javascript:alert(1)">click</a> <a>here</a>', "click here"],
])("of %s a program reads %s", (text, words) => {
  expect(html(text).text).toBe(words);
});

test("links are those of anchors, of the text and of the card, each once", () => {
  const text =
    '<a href="https://a.example/x?y=1&amp;z=2">one</a> (see https://b.example/t). https:&#x2F;&#x2F;c.example&#x2F;q https://b.example/t';
  expect(html(text).links).toEqual(["https://a.example/x?y=1&z=2", "https://b.example/t", "https://c.example/q"]);
  const card = { style: "link", id: "1", title: "t", url: "https://d.example/" } as const;
  expect(wordsOf({ text: "@all /code https://a.example", format: "text", card }).links).toEqual([
    "https://a.example",
    "https://d.example/",
  ]);
});

test("of very many links the first count", () => {
  const text = Array.from({ length: 500 }, (_, index) => `http://a.example/${index}`).join(" ");
  expect(wordsOf({ text, format: "text" }).links).toHaveLength(limits.messageLinksMax);
});

test("text is read as it is", () => {
  expect(wordsOf({ text: " <b>a</b>\n\nb &amp; ", format: "text" })).toEqual({
    text: " <b>a</b>\n\nb &amp; ",
    links: [],
  });
});

test.each(attacks.map((attack) => [attack]))("%s has no links but web addresses", (attack) => {
  for (const link of html(attack).links) expect(link).toMatch(/^https?:\/\//u);
});
