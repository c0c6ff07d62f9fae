import type { IncomingHttpHeaders } from 'node:http';

import { HOPS_HEADER } from '../base/hops-header.ts';

/** How often an event may come back in; a chain of as many services is one that someone has built. */
export const MAX_HOPS = 3;

/** Past the limit: what is not a number of hops has been tampered with. */
const UNREADABLE = MAX_HOPS + 1;

/**
 * The hops that headers report; undefined where the header is absent.
 *
 * @param headers names in lower case
 */
export function readHops(
  headers: IncomingHttpHeaders | Readonly<Record<string, string>>,
): number | undefined {
  const value = headers[HOPS_HEADER];
  if (value === undefined) return undefined;
  return typeof value === 'string' && /^\d{1,4}$/.test(value) ? Number(value) : UNREADABLE;
}

/** The header of a delivery of an event with these headers of its own. */
export function nextHops(headers: Readonly<Record<string, string>> | null): string {
  return String(headers === null ? 1 : (readHops(headers) ?? 0) + 1);
}

/** The hops that are stored with an event: nothing, when it is the first to come in. */
export function keepHops(
  headers: Readonly<Record<string, string>> | undefined,
  hops: number | undefined,
): Readonly<Record<string, string>> | undefined {
  return hops === undefined || hops === 0 ? headers : { ...headers, [HOPS_HEADER]: String(hops) };
}

/**
 * Whether a request was made by a delivery. Something in between may have dropped the header that
 * says so, hence the two that nobody else sends together.
 */
export function isDelivery(headers: IncomingHttpHeaders): boolean {
  if (headers[HOPS_HEADER] !== undefined) return true;
  return headers['x-delivery-id'] !== undefined && headers['x-attempt'] !== undefined;
}
