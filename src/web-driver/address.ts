import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

export interface Address {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Every address of a canonical host; an address is its own. Rejects with the resolver's error when there is none. */
export async function resolveHost(host: string): Promise<readonly Address[]> {
  const family = isIP(host);
  if (family !== 0) return [{ address: host, family: family === 6 ? 6 : 4 }];
  const found = await lookup(host, { all: true, verbatim: true });
  return found.map(({ address, family: kind }) => ({ address, family: kind === 6 ? 6 : 4 }));
}

/**
 * Whether an address lies on the public Internet. Asked the narrow way round: what is not known to be public is private
 * (loopback, link-local and metadata, RFC 1918, carrier NAT, unique local, multicast, reserved, documentation, and every
 * IPv6 form that wraps an IPv4 address: mapped, compatible, 6to4, Teredo, NAT64).
 */
export function isPublic({ address }: Address): boolean {
  const parsed = ipaddr.parse(address.replace(/%.*$/u, ""));
  if (parsed.range() !== "unicast") return false;
  return parsed.kind() === "ipv4" || parsed.match(ipaddr.parseCIDR("2000::/3"));
}
