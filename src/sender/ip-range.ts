import { isIP } from 'node:net';

/** An IP address as a number, so that ranges compare without regard to how it was written. */
export interface IpAddress {
  family: 4 | 6;
  value: bigint;
}

/** A CIDR block, `10.0.0.0/8` or `fd00::/8`. */
export interface IpRange {
  family: 4 | 6;
  prefix: bigint;
  hostBits: bigint;
}

/**
 * Reads an address in its usual notation: dotted quad, or RFC 4291 text with `::` and an embedded
 * dotted quad. Zone ids (`fe80::1%eth0`) are not addresses of a remote host and give undefined.
 */
export function parseAddress(text: string): IpAddress | undefined {
  switch (isIP(text)) {
    case 4:
      return { family: 4, value: parseIpv4(text) };
    case 6:
      return text.includes('%') ? undefined : { family: 6, value: parseIpv6(text) };
    default:
      return undefined;
  }
}

/** Reads `address/bits`; an address alone is a range of one. Host bits must be zero. */
export function parseRange(text: string): IpRange | undefined {
  const [addressText = '', bitsText, ...rest] = text.split('/');
  const address = parseAddress(addressText);
  if (address === undefined || rest.length > 0) return undefined;

  const width = address.family === 4 ? 32 : 128;
  if (bitsText !== undefined && !/^(?:0|[1-9]\d{0,2})$/.test(bitsText)) return undefined;
  const bits = bitsText === undefined ? width : Number(bitsText);
  if (bits > width) return undefined;

  const hostBits = BigInt(width - bits);
  const prefix = address.value >> hostBits;
  if (prefix << hostBits !== address.value) return undefined;
  return { family: address.family, prefix, hostBits };
}

export function rangeContains(range: IpRange, address: IpAddress): boolean {
  return range.family === address.family && address.value >> range.hostBits === range.prefix;
}

function parseIpv4(text: string): bigint {
  return text.split('.').reduce((value, octet) => (value << 8n) | BigInt(octet), 0n);
}

/** Expects text that `isIP` has already called an IPv6 address. */
function parseIpv6(text: string): bigint {
  const [head = '', tail] = text.split('::');
  const headGroups = ipv6Groups(head);
  const tailGroups = tail === undefined ? [] : ipv6Groups(tail);
  const zeroGroups = 8 - headGroups.length - tailGroups.length;
  const join = (value: bigint, group: bigint): bigint => (value << 16n) | group;
  return tailGroups.reduce(join, headGroups.reduce(join, 0n) << BigInt(16 * zeroGroups));
}

function ipv6Groups(text: string): bigint[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [BigInt(`0x${group}`)];
    const embedded = parseIpv4(group);
    return [embedded >> 16n, embedded & 0xffffn];
  });
}
