import { expect, test } from "vitest";
import { isPublic, resolveHost } from "../../../src/web-driver/address.ts";

const isPublicAddress = (address: string): boolean => isPublic({ address, family: address.includes(":") ? 6 : 4 });

test.each(["93.184.215.14", "8.8.8.8", "172.32.0.1", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "2a00:1450::1"])(
  "%s is public",
  (address) => {
    expect(isPublicAddress(address)).toBe(true);
  },
);

test.each([
  "127.0.0.1",
  "127.255.0.9",
  "0.0.0.0",
  "10.1.2.3",
  "172.16.0.1",
  "192.168.1.1",
  "169.254.169.254",
  "100.64.0.1",
  "192.0.0.8",
  "192.0.2.1",
  "198.18.0.1",
  "198.51.100.1",
  "203.0.113.1",
  "224.0.0.1",
  "240.0.0.1",
  "255.255.255.255",
  "::",
  "::1",
  "::127.0.0.1",
  "::ffff:8.8.8.8",
  "::ffff:127.0.0.1",
  "64:ff9b::7f00:1",
  "64:ff9b:1::1",
  "2002:7f00:1::",
  "2001:0:1::",
  "2001:db8::1",
  "fc00::1",
  "fd00:ec2::254",
  "fe80::1",
  "fe80::1%eth0",
  "fec0::1",
  "ff02::1",
])("%s is not public", (address) => {
  expect(isPublicAddress(address)).toBe(false);
});

test("an address resolves to itself, a name to all its addresses, an unknown name to an error", async () => {
  expect(await resolveHost("10.0.0.5")).toEqual([{ address: "10.0.0.5", family: 4 }]);
  expect(await resolveHost("0:0:0:0:0:0:0:1")).toEqual([{ address: "0:0:0:0:0:0:0:1", family: 6 }]);
  expect((await resolveHost("localhost")).every((address) => !isPublic(address))).toBe(true);
  await expect(resolveHost("no-such-host.invalid")).rejects.toThrow();
});
