import { isIP } from 'node:net';

import { parseAddress, parseRange, rangeContains } from './ip-range.ts';
import type { IpAddress, IpRange } from './ip-range.ts';

/** `reason` completes the sentence "The target was refused: …" and is fit for an API answer. */
export type Refusal = {
  ok: false;
  reason: string;
  /** It was allowed until there was an API key, and the operator may open it again. */
  isClosed?: boolean;
};
export type UrlVerdict = { ok: true; url: URL } | Refusal;
export type AddressVerdict = { ok: true } | Refusal;

/**
 * Decides where deliveries may go. Pure: it asks no network, so that the same rules hold when a
 * subscription is saved (`checkUrl`) and where the socket connects (`checkAddress`).
 */
export interface AddressGuard {
  /** Refuses what can be refused without resolving the name. */
  checkUrl(url: string): UrlVerdict;
  /** Judges one IP address, given as a literal, by DNS, or by a connected socket. */
  checkAddress(ip: string): AddressVerdict;
}

/** IPv4 that is not public unicast: the IANA special-purpose registry, and Azure's host address. */
const FORBIDDEN_IPV4 = namedRanges([
  ['0.0.0.0/8', 'this network'],
  ['10.0.0.0/8', 'a private network'],
  ['100.64.0.0/10', 'a carrier network'],
  ['127.0.0.0/8', 'loopback'],
  ['168.63.129.16/32', 'a cloud platform service'],
  ['169.254.0.0/16', 'link-local'],
  ['172.16.0.0/12', 'a private network'],
  ['192.0.0.0/24', 'protocol assignments'],
  ['192.0.2.0/24', 'documentation'],
  ['192.88.99.0/24', '6to4 relay'],
  ['192.168.0.0/16', 'a private network'],
  ['198.18.0.0/15', 'benchmarking'],
  ['198.51.100.0/24', 'documentation'],
  ['203.0.113.0/24', 'documentation'],
  ['224.0.0.0/4', 'multicast'],
  ['240.0.0.0/4', 'reserved'],
]);

/**
 * IPv6 is allowed inside the one block that is assigned as global unicast and refused elsewhere,
 * which covers mapped, compatible, translated, NAT64, unique local, link-local and multicast
 * forms, and whatever is assigned next. Inside it, these embed other addresses or lead nowhere.
 */
const GLOBAL_UNICAST_IPV6 = mustParseRange('2000::/3');
const FORBIDDEN_IPV6 = namedRanges([
  ['2001::/23', 'protocol assignments'],
  ['2001:db8::/32', 'documentation'],
  ['2002::/16', '6to4'],
  ['3fff::/20', 'documentation'],
]);

const LOOPBACK = [mustParseRange('127.0.0.0/8'), mustParseRange('::1/128')];

/** https://fetch.spec.whatwg.org/#port-blocking */
const FORBIDDEN_PORTS = new Set([
  0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102,
  103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465,
  512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993,
  995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668,
  6669, 6679, 6697, 10080,
]);

/** Names that only mean something inside somebody's network, or nowhere (RFC 6761, 6762, 9476). */
const INTERNAL_SUFFIXES = [
  'alt',
  'corp',
  'home.arpa',
  'internal',
  'intranet',
  'lan',
  'local',
  'localdomain',
  'private',
  'svc',
  'test',
];

/** Names that DNS answers nobody for. */
const NOBODYS_SUFFIXES = ['invalid', 'onion'];

const HOW_TO_OPEN = 'unless ALLOW_PRIVATE_TARGETS opens the network that it is in';

/** Instance metadata services with names of their own; never open, whatever the allow-list says. */
const METADATA_NAMES = [
  'instance-data',
  'metadata',
  'metadata.azure.internal',
  'metadata.goog',
  'metadata.google.internal',
  'metadata.packet.net',
  'metadata.platformequinix.com',
  'metadata.tencentyun.com',
  'rancher-metadata',
];

/**
 * @param options.allowedPrivateCidrs what an operator opens: these ranges are allowed although
 *   they are not public. Loopback among them opens `localhost`; any other range opens internal
 *   names too, which are then judged by what they resolve to.
 * @throws RangeError on a malformed CIDR
 */
export function createAddressGuard(options: { allowedPrivateCidrs: string[] }): AddressGuard {
  const allowed = options.allowedPrivateCidrs.map(mustParseRange);
  const opensLoopback = allowed.some((range) => LOOPBACK.some((loop) => overlap(range, loop)));
  const opensNetworks = allowed.some((range) => !LOOPBACK.some((loop) => within(range, loop)));

  function checkAddress(ip: string): AddressVerdict {
    const address = parseAddress(ip);
    if (address === undefined) return refuse('it is not an IP address');
    if (allowed.some((range) => rangeContains(range, address))) return { ok: true };
    const name = forbiddenRangeName(address);
    return name === undefined ? { ok: true } : refuse(`the address is not public (${name})`);
  }

  function checkHostname(hostname: string): AddressVerdict {
    if (hostname.startsWith('[')) return checkAddress(hostname.slice(1, -1));
    if (isIP(hostname) !== 0) return checkAddress(hostname);

    // A trailing dot only says that the name is complete.
    const name = hostname.endsWith('.') ? hostname.slice(0, -1) : hostname;
    if (!isWellFormedName(name)) return refuse('the host is not a valid name');
    if (METADATA_NAMES.some((metadata) => isInDomain(name, metadata))) {
      return refuse('the host is a metadata service');
    }
    if (isLocalhostName(name)) {
      return opensLoopback ? { ok: true } : refuse('the host is this machine');
    }
    const nobodys = NOBODYS_SUFFIXES.find((suffix) => isInDomain(name, suffix));
    if (nobodys !== undefined) return refuse(`no DNS name ends in .${nobodys}`);
    if (opensNetworks) return { ok: true };
    if (!name.includes('.')) {
      return refuse(`the host is a single-label name, which is no target ${HOW_TO_OPEN}`);
    }
    if (INTERNAL_SUFFIXES.some((suffix) => isInDomain(name, suffix))) {
      return refuse(`the host is an internal name, which is no target ${HOW_TO_OPEN}`);
    }
    return { ok: true };
  }

  function checkUrl(text: string): UrlVerdict {
    const url = URL.parse(text);
    if (/^\s*https?:(?!\/\/)/i.test(text)) {
      return refuse('it lacks the two slashes: write http:// or https:// before the host');
    }
    if (url === null) return refuse('it is not a valid absolute URL');
    if (url.protocol !== 'http:' && url.protocol !== 'https:') {
      return refuse('the scheme must be http or https');
    }
    if (url.username !== '' || url.password !== '') {
      return refuse('the URL must not carry a user name or password');
    }
    if (url.port !== '' && FORBIDDEN_PORTS.has(Number(url.port))) {
      return refuse(`port ${url.port} belongs to another protocol`);
    }
    const verdict = checkHostname(url.hostname);
    return verdict.ok ? { ok: true, url } : verdict;
  }

  return { checkUrl, checkAddress };
}

/** RFC 6761: `localhost` and every name below it are this machine, and DNS is not to be asked. */
export function isLocalhostName(name: string): boolean {
  return isInDomain(name.endsWith('.') ? name.slice(0, -1) : name, 'localhost');
}

function forbiddenRangeName(address: IpAddress): string | undefined {
  if (address.family === 6 && !rangeContains(GLOBAL_UNICAST_IPV6, address)) {
    return LOOPBACK.some((range) => rangeContains(range, address))
      ? 'loopback'
      : 'not global unicast';
  }
  const ranges = address.family === 4 ? FORBIDDEN_IPV4 : FORBIDDEN_IPV6;
  return ranges.find(({ range }) => rangeContains(range, address))?.name;
}

/** Names are compared in the lower-case, punycoded form that URL parsing gives. */
function isInDomain(name: string, domain: string): boolean {
  return name === domain || name.endsWith(`.${domain}`);
}

function isWellFormedName(name: string): boolean {
  return name.length <= 253 && name.split('.').every((label) => /^[a-z0-9_-]{1,63}$/.test(label));
}

function overlap(a: IpRange, b: IpRange): boolean {
  return within(a, b) || within(b, a);
}

function within(inner: IpRange, outer: IpRange): boolean {
  return (
    inner.hostBits <= outer.hostBits &&
    rangeContains(outer, { family: inner.family, value: inner.prefix << inner.hostBits })
  );
}

function namedRanges(entries: [cidr: string, name: string][]): { range: IpRange; name: string }[] {
  return entries.map(([cidr, name]) => ({ range: mustParseRange(cidr), name }));
}

function mustParseRange(cidr: string): IpRange {
  const range = parseRange(cidr);
  if (range === undefined) throw new RangeError(`not a CIDR block: ${cidr}`);
  return range;
}

function refuse(reason: string): Refusal {
  return { ok: false, reason };
}
