import { networkInterfaces } from 'node:os';
import type { AddressInfo } from 'node:net';
import { isLocalhostName, type AddressGuard } from './address-guard.ts';

export const OWN_API = 'it leads back into the API of this service, which would make a loop';

export type OwnAddress = {
  /** To be called once the service listens, with where. */
  listening(addresses: readonly AddressInfo[]): void;
  /** Whether a URL is visibly one of this very service's API. */
  isOwnApi(url: URL): boolean;
};

/** The machine's own addresses, whichever of them a name or a wildcard stands for. */
function machineAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((found = []) =>
    found.map(({ address }) => address),
  );
}

/**
 * Knows the service by the addresses that it listens on and by PUBLIC_URL. A courtesy to anyone who
 * enters one of them as a target: names are not resolved, proxies not known, and what ends a loop is
 * the count of its hops.
 *
 * @param options.paths those of the API to which a delivery would be a call
 */
export function createOwnAddress({
  paths,
  publicUrl,
}: {
  paths: readonly string[];
  publicUrl: string | undefined;
}): OwnAddress {
  const sections = new Set(paths.map(sectionOf));
  let listened: readonly AddressInfo[] = [];

  function isOwnHost(url: URL): boolean {
    if (url.origin === publicUrl) return true;
    const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
    const here = listened.filter((one) => one.port === port).map(({ address }) => address);
    if (here.length === 0) return false;
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const isEverywhere = here.some((address) => address === '0.0.0.0' || address === '::');
    if (isLoopback(host)) return isEverywhere || here.some(isLoopback);
    return here.includes(host) || (isEverywhere && machineAddresses().includes(host));
  }

  return {
    listening(addresses) {
      listened = addresses;
    },
    isOwnApi: (url) => sections.has(sectionOf(url.pathname)) && isOwnHost(url),
  };
}

/** The guard, which refuses the service's own API as well. */
export function refuseOwnApi(guard: AddressGuard, own: OwnAddress): AddressGuard {
  return {
    checkAddress: guard.checkAddress,
    checkUrl(text) {
      const verdict = guard.checkUrl(text);
      return verdict.ok && own.isOwnApi(verdict.url) ? { ok: false, reason: OWN_API } : verdict;
    },
  };
}

function isLoopback(host: string): boolean {
  return host === '::1' || host === '0.0.0.0' || host.startsWith('127.') || isLocalhostName(host);
}

/** The first part of a path, as the router reads it. */
function sectionOf(path: string): string {
  const section = path.split('/', 2)[1] ?? '';
  try {
    return decodeURIComponent(section);
  } catch {
    return section;
  }
}
