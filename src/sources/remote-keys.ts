import { createPublicKey, X509Certificate, type KeyObject } from 'node:crypto';
import { rootCertificates } from 'node:tls';

import { isRecord } from './values.ts';
import { parseJson } from './request.ts';

export interface KeyRequest {
  method: 'GET' | 'POST';
  url: string;
  headers?: Readonly<Record<string, string>>;
  body?: string;
}

/** Calls a provider, through the address guard. Rejects when there is no answer in time. */
export type Fetcher = (request: KeyRequest) => Promise<{ status: number; body: Buffer }>;

export interface RemoteKeys {
  /** The first certificate's key, once it may be trusted; its address was checked by who asks. */
  certificateKey(
    url: string,
    nowMs: number,
    check: { commonName?: string; isChained: boolean },
  ): Promise<RemoteKey>;
  /** A key of a JSON Web Key set, by its id. */
  setKey(url: string, keyId: string, nowMs: number): Promise<RemoteKey>;
  /** The one JSON Web Key of a provider's answer, found by `pick`; remembered as `name`. */
  namedKey(
    name: string,
    request: KeyRequest,
    pick: (answer: unknown) => unknown,
    nowMs: number,
  ): Promise<RemoteKey>;
}

export type RemoteKey = { key: KeyObject } | { problem: string; isUntrusted: boolean };

const HOUR_MS = 60 * 60 * 1_000;
/** Nobody who knows an address makes us call a provider more often than that for one key. */
const RETRY_AFTER_MS = 60_000;
const MAX_REMEMBERED = 500;
/** Who invents addresses of certificates makes us call no more than that at a time. */
const MAX_UNDER_WAY = 10;
const CLOCK_LEEWAY_MS = 5 * 60 * 1_000;

interface Remembered<Value> {
  value: Promise<Value | undefined>;
  untilMs: number;
}

/** @param roots PEM certificates that a provider's chain may end at; Node's own by default */
export function createRemoteKeys(
  fetch: Fetcher,
  { roots = rootCertificates }: { roots?: readonly string[] } = {},
): RemoteKeys {
  const remembered = new Map<string, Remembered<Buffer>>();
  let trusted: readonly X509Certificate[] | undefined;
  let underWay = 0;

  async function call(request: KeyRequest): Promise<Buffer | undefined> {
    if (underWay >= MAX_UNDER_WAY) return undefined;
    underWay += 1;
    try {
      const { status, body } = await fetch(request);
      return status === 200 ? body : undefined;
    } catch {
      return undefined;
    } finally {
      underWay -= 1;
    }
  }

  function load(name: string, request: KeyRequest, nowMs: number): Promise<Buffer | undefined> {
    const known = remembered.get(name);
    if (known !== undefined && nowMs < known.untilMs) return known.value;
    remembered.delete(name);
    const [oldest] = remembered.size >= MAX_REMEMBERED ? remembered.keys() : [];
    if (oldest !== undefined) remembered.delete(oldest);
    const entry: Remembered<Buffer> = {
      value: call(request),
      untilMs: nowMs + HOUR_MS,
    };
    remembered.set(name, entry);
    void entry.value.then((body) => {
      if (body === undefined) entry.untilMs = nowMs + RETRY_AFTER_MS;
    });
    return entry.value;
  }

  return {
    async certificateKey(url, nowMs, check) {
      const body = await load(url, { method: 'GET', url }, nowMs);
      if (body === undefined) return unavailable(url);
      const chain = certificatesOf(body.toString('utf8'));
      trusted ??= roots.map((pem) => new X509Certificate(pem));
      const problem = chainProblem(chain, { ...check, roots: trusted, nowMs });
      const [leaf] = chain;
      return problem !== undefined || leaf === undefined
        ? { problem: problem ?? 'It is no certificate.', isUntrusted: true }
        : { key: leaf.publicKey };
    },

    async setKey(url, keyId, nowMs) {
      const find = (body: Buffer | undefined) => keyOfSet(body, keyId);
      const known = find(await load(url, { method: 'GET', url }, nowMs));
      if (known !== undefined) return { key: known };
      // A provider that rotated its keys since; the name holds the minute, so that it is asked once.
      const name = `${url} ${Math.floor(nowMs / RETRY_AFTER_MS)}`;
      const body = await load(name, { method: 'GET', url }, nowMs);
      const key = find(body);
      if (key !== undefined) {
        remembered.set(url, { value: Promise.resolve(body), untilMs: nowMs + HOUR_MS });
        return { key };
      }
      return body === undefined
        ? unavailable(url)
        : { problem: `${url} lists no such key.`, isUntrusted: true };
    },

    async namedKey(name, request, pick, nowMs) {
      const body = await load(name, request, nowMs);
      if (body === undefined) return unavailable(request.url);
      const key = jwkOf(pick(parseJson(body.toString('utf8'))));
      return key === undefined
        ? { problem: `${request.url} gave no such key.`, isUntrusted: true }
        : { key };
    },
  };
}

function unavailable(url: string): RemoteKey {
  return { problem: `${new URL(url).host} did not give its key.`, isUntrusted: false };
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;

function certificatesOf(pem: string): X509Certificate[] {
  try {
    return (pem.match(CERTIFICATE) ?? []).slice(0, 8).map((text) => new X509Certificate(text));
  } catch {
    return [];
  }
}

function chainProblem(
  chain: readonly X509Certificate[],
  check: {
    commonName?: string;
    isChained: boolean;
    roots: readonly X509Certificate[];
    nowMs: number;
  },
): string | undefined {
  const [leaf] = chain;
  if (leaf === undefined) return 'It is no certificate.';
  const isInDate = chain.every(
    ({ validFrom, validTo }) =>
      Date.parse(validFrom) - CLOCK_LEEWAY_MS <= check.nowMs && check.nowMs <= Date.parse(validTo),
  );
  if (!isInDate) return 'Its certificate has expired or is not valid yet.';
  const names = leaf.subject.split('\n');
  if (check.commonName !== undefined && !names.includes(`CN=${check.commonName}`)) {
    return `Its certificate is not for ${check.commonName}.`;
  }
  return check.isChained && !isTrusted(chain, check.roots)
    ? 'Its certificate is not signed by a known authority.'
    : undefined;
}

/** Each is issued by the next, and the last is a root or issued by one. */
function isTrusted(chain: readonly X509Certificate[], roots: readonly X509Certificate[]): boolean {
  const isLinked = chain.every((certificate, index) => {
    const issuer = chain[index + 1];
    return issuer === undefined || (issuer.ca && isIssuedBy(certificate, issuer));
  });
  const last = chain.at(-1);
  if (!isLinked || last === undefined) return false;
  return roots.some(
    (root) => root.fingerprint256 === last.fingerprint256 || isIssuedBy(last, root),
  );
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

function keyOfSet(body: Buffer | undefined, keyId: string): KeyObject | undefined {
  const set = body === undefined ? undefined : parseJson(body.toString('utf8'));
  const keys: unknown = isRecord(set) ? set['keys'] : undefined;
  if (!Array.isArray(keys)) return undefined;
  return jwkOf(keys.find((key: unknown) => isRecord(key) && key['kid'] === keyId));
}

function jwkOf(jwk: unknown): KeyObject | undefined {
  if (!isRecord(jwk) || 'd' in jwk) return undefined;
  try {
    return createPublicKey({ key: jwk, format: 'jwk' });
  } catch {
    return undefined;
  }
}
