// Which IP addresses count as "the public internet". Everything else is refused by default: the rule is a
// list of what may pass, so a range that is registered tomorrow is closed until somebody opens it here.

import ipaddr from "ipaddr.js";

export type Address = ipaddr.IPv4 | ipaddr.IPv6;
export type Cidr = readonly [Address, number];

/** The NAT64 well-known prefix (RFC 6052): on an IPv6-only network every IPv4 host is reached through it. */
const NAT64_PREFIX: Cidr = [ipaddr.IPv6.parse("64:ff9b::"), 96];
/** Azure's host agent: a metadata service on an address that looks public. The other clouds' lie in closed ranges. */
const AZURE_WIRE_SERVER: Cidr = [ipaddr.IPv4.parse("168.63.129.16"), 32];
const GLOBAL_UNICAST_V6: Cidr = [ipaddr.IPv6.parse("2000::"), 3];

/** Strict: dotted-quad IPv4 or IPv6 without a zone; anything else (`127.1`, `0x7f000001`) is undefined. */
export function parseAddress(text: string): Address | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  if (text.includes(":") && !text.includes("%") && ipaddr.IPv6.isValid(text)) return ipaddr.IPv6.parse(text);
  return undefined;
}

/** `10.0.0.0/8`, `fd00::/8`; undefined where the text is no CIDR. */
export function parseCidr(text: string): Cidr | undefined {
  const [base, bits, ...rest] = text.split("/");
  if (base === undefined || bits === undefined || rest.length > 0 || !/^\d{1,3}$/.test(bits))
    return undefined;
  const address = parseAddress(base);
  const prefix = Number(bits);
  if (address === undefined || prefix > (address.kind() === "ipv4" ? 32 : 128)) return undefined;
  return [address, prefix];
}

/** Whether the address, or the IPv4 address it is only another spelling of, lies in the block. */
export function isInCidr(address: Address, cidr: Cidr): boolean {
  return [address, embeddedIpv4(address)].some(
    (candidate) => candidate !== undefined && matches(candidate, cidr),
  );
}

/** Why the address is not public ("private", "loopback", …), or undefined where it is. */
export function whyNotPublic(address: Address): string | undefined {
  if (isNat64(address)) {
    const inner = embeddedIpv4(address);
    const reason = inner === undefined ? "malformed" : whyNotPublic(inner);
    return reason === undefined ? undefined : `NAT64 of a ${reason} address`;
  }
  const range = address.range();
  if (range !== "unicast") return range;
  if (matches(address, AZURE_WIRE_SERVER)) return "metadata";
  if (address.kind() === "ipv6" && !matches(address, GLOBAL_UNICAST_V6)) return "not global unicast";
  return undefined;
}

function isNat64(address: Address): boolean {
  return matches(address, NAT64_PREFIX);
}

function matches(address: Address, [base, prefix]: Cidr): boolean {
  return address.kind() === base.kind() && address.match(base, prefix);
}

/** The IPv4 address inside `::ffff:a.b.c.d` or `64:ff9b::a.b.c.d`, which reach the same machine. */
function embeddedIpv4(address: Address): ipaddr.IPv4 | undefined {
  if (!(address instanceof ipaddr.IPv6)) return undefined;
  if (!address.isIPv4MappedAddress() && !isNat64(address)) return undefined;
  return new ipaddr.IPv4(address.toByteArray().slice(12));
}
