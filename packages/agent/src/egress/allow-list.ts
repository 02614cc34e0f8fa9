// PAWL_EGRESS_ALLOW as data: the hosts and address blocks an operator has opened although they are private.
// A host entry opens that name and whatever it resolves to; a block opens addresses, whatever name led there.

import { type Address, type Cidr, isInCidr, parseAddress, parseCidr } from "./address-range.ts";

export type AllowList = {
  /** `host`, the port undefined where every port is open. IPv6 hosts without brackets. */
  readonly hosts: readonly { readonly host: string; readonly port: number | undefined }[];
  readonly cidrs: readonly Cidr[];
};

/**
 * Entries: `host`, `host:port`, `10.0.0.5`, `10.0.0.5:8080`, `[::1]:8080`, `::1`, `10.0.0.0/8`, `fd00::/8`.
 * Throws one TypeError naming every entry that is none of these: a typo must not silently open nothing.
 */
export function parseAllowList(entries: readonly string[]): AllowList {
  const hosts: { host: string; port: number | undefined }[] = [];
  const cidrs: Cidr[] = [];
  const faults: string[] = [];
  for (const entry of entries.map((text) => text.trim().toLowerCase()).filter((text) => text !== "")) {
    const cidr = entry.includes("/") ? parseCidr(entry) : undefined;
    const host = entry.includes("/") ? undefined : parseHostEntry(entry);
    if (cidr !== undefined) cidrs.push(cidr);
    else if (host !== undefined) hosts.push(host);
    else faults.push(JSON.stringify(entry));
  }
  if (faults.length > 0) {
    throw new TypeError(`egress allow list: not a host, host:port or CIDR: ${faults.join(", ")}`);
  }
  return { hosts, cidrs };
}

export function allowsHost(list: AllowList, host: string, port: number): boolean {
  return list.hosts.some((entry) => entry.host === host && (entry.port === undefined || entry.port === port));
}

export function allowsAddress(list: AllowList, address: Address): boolean {
  return list.cidrs.some((cidr) => isInCidr(address, cidr));
}

function parseHostEntry(entry: string): { host: string; port: number | undefined } | undefined {
  const bare = parseAddress(entry);
  if (bare !== undefined) return { host: bare.toString(), port: undefined };
  const [, bracketed, name, portText] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(entry) ?? [];
  const port = portText === undefined ? undefined : Number(portText);
  if (port !== undefined && (port < 1 || port > 65_535)) return undefined;
  if (bracketed !== undefined) {
    const address = parseAddress(bracketed);
    return address?.kind() === "ipv6" ? { host: address.toString(), port } : undefined;
  }
  if (name === undefined) return undefined;
  const address = parseAddress(name);
  if (address !== undefined) return { host: address.toString(), port };
  // The last label must hold a letter, or a URL would read the name as an odd spelling of an address.
  return /^(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.)*(?=[a-z0-9-]*[a-z])[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/.test(
    name,
  )
    ? { host: name, port }
    : undefined;
}
