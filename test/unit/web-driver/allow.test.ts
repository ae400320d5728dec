import { describe, expect, test } from "vitest";
import {
  AllowEntry,
  canonicalHost,
  createAllowList,
  endpointOf,
  formatEndpoint,
} from "../../../src/web-driver/allow.ts";

const isAllowed = (entry: string, url: string): boolean => createAllowList([entry])(endpointOf(new URL(url)));

describe("an allow entry", () => {
  test.each([
    ["grafana.example.com:443", "https://grafana.example.com/"],
    ["Grafana.Example.com:443", "https://grafana.example.com./"],
    ["grafana.example.com:80", "http://GRAFANA.example.com/"],
    ["10.0.0.5:8088", "http://10.0.0.5:8088/"],
    ["127.0.0.1:*", "http://127.0.0.1:1234/"],
    ["127.0.0.1:*", "http://2130706433/"],
    ["[::1]:8080", "http://[0:0:0:0:0:0:0:1]:8080/"],
    [".example.com:443", "https://a.example.com/"],
    [".example.com:443", "https://a.b.example.com/"],
    ["a.example:443", "wss://a.example/"],
    ["bücher.example:443", "https://xn--bcher-kva.example/"],
  ])("%s allows %s", (entry, url) => {
    expect(AllowEntry.safeParse(entry).success).toBe(true);
    expect(isAllowed(entry, url)).toBe(true);
  });

  test.each([
    ["grafana.example.com:443", "http://grafana.example.com/"],
    ["grafana.example.com:443", "https://x.grafana.example.com/"],
    ["grafana.example.com:443", "https://grafana.example.com.evil.example/"],
    ["10.0.0.5:8088", "http://10.0.0.5:8089/"],
    ["127.0.0.1:*", "http://localhost/"],
    ["127.0.0.1:*", "http://[::ffff:127.0.0.1]/"],
    [".example.com:443", "https://example.com/"],
    [".example.com:443", "https://notexample.com/"],
    [".1:80", "http://127.0.0.1/"],
  ])("%s does not allow %s", (entry, url) => {
    expect(isAllowed(entry, url)).toBe(false);
  });

  test.each([
    ["grafana.example.com", "the port is missing"],
    ["https://grafana.example.com:443", "without http://"],
    ["grafana.example.com:443/path", "without a path"],
    ["bob@grafana.example.com:443", "without a path, a user name"],
    ["*:443", "must be host:port"],
    ["*.example.com:443", "must be host:port"],
    ["::1:80", "must be host:port"],
    ["a:0", "must be host:port"],
    ["a:70000", "must be host:port"],
    [":443", "must be host:port"],
    ["", "the port is missing"],
  ])("%s is refused, saying what is wrong", (entry, words) => {
    const parsed = AllowEntry.safeParse(entry);
    expect(parsed.success).toBe(false);
    expect(parsed.error?.issues[0]?.message).toContain(words);
    expect(createAllowList([entry])({ host: "127.0.0.1", port: 443 })).toBe(false);
  });
});

test("every way to write a host becomes one", () => {
  expect(["2130706433", "0x7f.1", "0177.0.0.1", "127.1"].map(canonicalHost)).toEqual(Array(4).fill("127.0.0.1"));
  expect(["[::1]", "::1", "0::1"].map(canonicalHost)).toEqual(Array(3).fill("::1"));
  expect(["", "a b", "a/b"].map(canonicalHost)).toContain(undefined);
});

test("an endpoint is written as people write it", () => {
  expect(formatEndpoint({ host: "a.example", port: 443 })).toBe("a.example:443");
  expect(formatEndpoint(endpointOf(new URL("http://[::1]:8080/")))).toBe("[::1]:8080");
});
