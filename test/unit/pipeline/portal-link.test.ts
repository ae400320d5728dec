import { describe, expect, test } from "vitest";
import { Portal } from "../../../src/core/portal.ts";
import { portalOfAddress, portalReference, readPortalReference } from "../../../src/pipeline/portal-link.ts";
import { alertTarget } from "../../../src/pipeline/target.ts";
import { alertOf } from "../../support/pipeline.ts";

const portalsOf = (urls: Readonly<Record<string, string>>) =>
  new Map(Object.entries(urls).map(([name, url]) => [name, Portal.parse({ url })]));

const found = (url: string, address: string): string | undefined => {
  const reference = portalOfAddress(address, portalsOf({ p: url }));
  return reference === undefined ? undefined : portalReference(reference);
};

const fixed = "https://g.example.com/d/abc/cpu?orgId=1&viewPanel=2";
const filled = "https://g.example.com/d/abc?var-host=${entity}&from=${from}&to=${to}&kiosk";

describe("an address is a portal's", () => {
  test.each<[template: string, address: string, reference: string]>([
    [fixed, fixed, "p"],
    [fixed, "https://g.example.com:443/d/abc/cpu/?viewPanel=2&orgId=1&refresh=5s#top", "p"],
    // What only the picture needs is not in people's links.
    [fixed, "https://g.example.com/d/abc/cpu", "p"],
    [filled, "https://g.example.com/d/abc?var-host=web%2001&from=now-6h", "p?entity=web+01&from=now-6h"],
    [filled, "https://g.example.com/d/abc?var-host=&kiosk", "p"],
    [filled, "https://g.example.com/d/abc?var-host=a%26to%3Db", "p?entity=a%26to%3Db"],
    [
      "https://g.example.com/d/${uid}/${name}?x=${tags.host}",
      "https://g.example.com/d/a%2Fb/n?x=1",
      "p?uid=a%2Fb&name=n&tags.host=1",
    ],
    ["https://g.example.com/#/board/${id}", "https://g.example.com/#/board/7", "p?id=7"],
    ["https://g.example.com/?from=now-${hours}h", "https://g.example.com/?from=now-12h", "p?hours=12"],
    // What cannot be taken back from an address is left to the portal.
    ["https://g.example.com/?a=${from | divided_by: 1000}&b=${b}", "https://g.example.com/?a=5&b=6", "p?b=6"],
  ])("%s is the template of %s", (template, address, reference) => {
    expect(found(template, address)).toBe(reference);
  });
});

describe("an address is no portal's", () => {
  test.each<[template: string, address: string]>([
    [fixed, "http://g.example.com/d/abc/cpu?orgId=1&viewPanel=2"],
    [fixed, "https://g.example.com:8443/d/abc/cpu"],
    [fixed, "https://g.example.com.evil.example/d/abc/cpu"],
    [fixed, "https://g.example.com@evil.example/d/abc/cpu"],
    [fixed, "https://user:secret@g.example.com/d/abc/cpu"],
    [fixed, "https://g.example.com/d/abc"],
    [fixed, "https://g.example.com/d/abc/cpu/../mem"],
    [fixed, "https://g.example.com/d/abc/cpu?orgId=1&viewPanel=3"],
    ["https://g.example.com/d/${uid}", "https://g.example.com/d/"],
    ["https://g.example.com/d/${uid}", "https://g.example.com/d/a/b"],
    ["https://g.example.com/d/${uid}", "https://g.example.com/d/%2e%2e/admin"],
    ["https://g.example.com/d/${uid}?x=${uid}", "https://g.example.com/d/a?x=.."],
    ["https://g.example.com/${a | upcase}", "https://g.example.com/A"],
    ["https://g.example.com/{% if x %}a?b/c{% endif %}?b=${b}", "https://g.example.com/a?b=1"],
    ["https://g.example.com/#/board/${id}", "https://g.example.com/"],
    [fixed, "not an address"],
    [fixed, `${fixed}&a=${"x".repeat(9000)}`],
  ])("%s is not the template of %s", (template, address) => {
    expect(found(template, address)).toBeUndefined();
  });
});

test("of several portals the one that shares most fixed parameters is meant", () => {
  const portals = portalsOf({
    board: "https://g.example.com/d/abc?var-host=${entity}",
    cpu: "https://g.example.com/d/abc?viewPanel=1&var-host=${entity}",
    memory: "https://g.example.com/d/abc?viewPanel=2&var-host=${entity}",
  });
  const named = (query: string) => portalOfAddress(`https://g.example.com/d/abc?${query}`, portals)?.name;
  expect([named("viewPanel=2"), named("viewPanel=1"), named("viewPanel=3"), named("")]).toEqual([
    "memory",
    "cpu",
    "board",
    "board",
  ]);
});

test("a reference goes through a plan and back, and its parameters go before the alert's", () => {
  const portals = portalsOf({
    p: "https://g.example.com/?h=${entity}&d=${tags.disk}&t=${tags.dc}&s=${status}&r=${rule}",
  });
  const reference = portalOfAddress("https://g.example.com/?h=web02&d=%2Fvar&s=x%3Fy", portals);
  const written = portalReference(reference ?? { name: "", given: new Map() });
  expect(readPortalReference(written)).toEqual(reference);
  const alert = alertOf({ rule: "cpu", entity: "web01", tags: { disk: "/", dc: "eu" } });
  expect(alertTarget(portals, written, alert).url).toBe("https://g.example.com/?h=web02&d=%2Fvar&t=eu&s=x%3Fy&r=cpu");
  expect(alertTarget(portals, "p", alert).url).toBe("https://g.example.com/?h=web01&d=%2F&t=eu&s=OPEN&r=cpu");
});
