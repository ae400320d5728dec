import { expect } from "vitest";

const templateTags =
  "html head meta title link script body nav a span bdi h1 h2 ul li main header svg path p div section time article " +
  "strong button dialog img figure figcaption dl dt dd pre code blockquote em b i br table caption thead tbody tfoot tr " +
  "th td ol form input label button textarea mark";
const allowedTags = new Set(templateTags.split(" "));

/** Every tag of a page with its attributes; fails at a `<` that opens none. */
export function tagsOf(page: string): readonly { name: string; attributes: ReadonlyMap<string, string> }[] {
  const tag = /<\/?(?<name>[a-z][a-z0-9]*)(?<attributes>(?:\s+[A-Za-z-]+(?:="[^"<>]*")?)*)\s*\/?>/gu;
  const body = page.replace(/^<!doctype html>/u, "");
  expect(body.replace(tag, "")).not.toContain("<");
  return [...body.matchAll(tag)].map(({ groups }) => ({
    name: groups?.["name"] ?? "",
    attributes: new Map(
      [...(groups?.["attributes"] ?? "").matchAll(/([A-Za-z-]+)(?:="([^"]*)")?/gu)].map(
        ([, name = "", value = ""]) => [name, value] as const,
      ),
    ),
  }));
}

/** Nothing of a page runs but its own script, and nothing leads elsewhere than to a web address or within. */
export function expectHarmless(page: string): void {
  let scripts = 0;
  for (const { name, attributes } of tagsOf(page)) {
    expect(allowedTags).toContain(name);
    if (name === "script" && attributes.size > 0) scripts += 1;
    for (const [attribute, value] of attributes) {
      expect(attribute).not.toMatch(/^on|^style$|^srcdoc$|^formaction$|^ping$|^http-equiv$/iu);
      if (attribute === "action") expect(value).toMatch(/^\/rooms\//u);
      if (attribute === "href" || attribute === "src") expect(value).toMatch(/^(?:https?:\/\/|mailto:|\/rooms|#)/u);
    }
  }
  expect(scripts).toBe(1);
  expect(page).toContain('<script type="module" src="/rooms/assets/room.js?v=');
}
