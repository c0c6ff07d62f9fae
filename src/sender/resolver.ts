import type { RecordWithTtl } from 'node:dns';
import { Resolver as DnsResolver } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';

import { createMemo } from '../base/memo.ts';
import { errorCode, SendError } from './outcome.ts';

/** Turns a name into every address it has; rejects when there is none. */
export interface Resolver {
  resolve(hostname: string): Promise<string[]>;
}

export interface ResolverOptions {
  /** Bound on one look-up, retries included. */
  timeoutMs?: number;
  /** Upper bound on how long an answer is reused; a shorter TTL of the record wins. */
  maxAgeMs?: number;
  maxEntries?: number;
  /** `address[:port]` of the name servers; the system's when absent. */
  servers?: string[];
  hostsPath?: string;
}

interface Answer {
  addresses: string[];
  ttlMs: number;
}

/** The other family may still be on its way when one has answered, but not for long. */
const SECOND_FAMILY_GRACE_MS = 300;
const HOSTS_MAX_AGE_MS = 10_000;
/** That the name server is not there, does not answer, or cannot look up. */
const SERVER_FAILURES = new Set(['EAI_AGAIN', 'ECONNREFUSED', 'ESERVFAIL', 'ETIMEOUT']);

/**
 * Resolves through c-ares rather than `getaddrinfo`: the latter runs in the four threads that all
 * of the process shares, so that four slow names would hold up every other delivery. The hosts
 * file is honoured; search domains of resolv.conf are not.
 */
export function createResolver(options: ResolverOptions = {}): Resolver {
  const { timeoutMs = 5_000, maxAgeMs = 10_000, maxEntries = 1_000 } = options;
  const dns = new DnsResolver({ timeout: Math.ceil(timeoutMs / 4), tries: 2 });
  if (options.servers) dns.setServers(options.servers);
  const readHosts = hostsReader(options.hostsPath ?? '/etc/hosts');
  const memo = createMemo<string[]>({ maxEntries });

  /**
   * A name server that fails for every name is no fault of the receiver's, whose name it did not
   * look up. The root is what every one knows.
   */
  async function blame(error: unknown): Promise<never> {
    const code = errorCode(error);
    if (!SERVER_FAILURES.has(code)) throw error;
    const probe = code === 'ECONNREFUSED' ? 'ECONNREFUSED' : await probeRoot();
    if (probe === undefined || !SERVER_FAILURES.has(probe)) throw error;
    throw new SendError('internal', `the name server fails for every name (${probe})`, {
      cause: error,
    });
  }

  async function probeRoot(): Promise<string | undefined> {
    try {
      await dns.resolveNs('.');
      return undefined;
    } catch (error) {
      return errorCode(error);
    }
  }

  async function resolve(name: string): Promise<string[]> {
    const hostname = name.endsWith('.') ? name.slice(0, -1) : name;
    return memo.fetch(hostname, async (keep) => {
      const fromHosts = (await readHosts()).get(hostname);
      if (fromHosts) return fromHosts;
      const { addresses, ttlMs } = await queryBothFamilies(dns, hostname, timeoutMs).catch(blame);
      keep(addresses, Math.min(ttlMs, maxAgeMs));
      return addresses;
    });
  }

  return { resolve };
}

async function queryBothFamilies(
  dns: DnsResolver,
  hostname: string,
  timeoutMs: number,
): Promise<Answer> {
  let ipv4: RecordWithTtl[] = [];
  let ipv6: RecordWithTtl[] = [];
  let failure: unknown = dnsError('ETIMEOUT', hostname);
  const queries = [
    dns.resolve4(hostname, { ttl: true }).then((records) => void (ipv4 = records)),
    dns.resolve6(hostname, { ttl: true }).then((records) => void (ipv6 = records)),
  ];
  const firstAnswer = Promise.any(queries).catch((error: AggregateError) => {
    failure = error.errors[0];
  });
  await waitAtMost(timeoutMs, firstAnswer);
  if (ipv4.length + ipv6.length === 0) throw failure;
  await waitAtMost(SECOND_FAMILY_GRACE_MS, Promise.allSettled(queries));

  // IPv4 first: a host without an IPv6 route then loses no time on it.
  const records = [...ipv4, ...ipv6];
  return {
    addresses: records.map((record) => record.address),
    ttlMs: Math.min(...records.map((record) => record.ttl)) * 1_000,
  };
}

async function waitAtMost(ms: number, promise: Promise<unknown>): Promise<void> {
  const { promise: elapsed, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([promise, elapsed]);
  clearTimeout(timer);
}

function dnsError(code: string, hostname: string): Error {
  return Object.assign(new Error(`${code} ${hostname}`), { code });
}

/** Reads the file again when what was read is older than ten seconds. */
function hostsReader(path: string): () => Promise<Map<string, string[]>> {
  let hosts: Promise<Map<string, string[]>> | undefined;
  let readAtMs = 0;
  return () => {
    if (!hosts || Date.now() - readAtMs > HOSTS_MAX_AGE_MS) {
      readAtMs = Date.now();
      hosts = readFile(path, 'utf8').then(parseHosts, () => new Map());
    }
    return hosts;
  };
}

function parseHosts(text: string): Map<string, string[]> {
  const hosts = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (isIP(address) === 0) continue;
    for (const name of names) {
      const lowerName = name.toLowerCase();
      hosts.set(lowerName, [...(hosts.get(lowerName) ?? []), address]);
    }
  }
  return hosts;
}
