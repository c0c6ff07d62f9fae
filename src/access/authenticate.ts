import type { FastifyRequest } from 'fastify';
import type { BlockList } from 'node:net';

import { allows } from './api-key.ts';
import type { KeyVerifier, KnownKey } from './key-verifier.ts';
import { isFromThisMachine } from './local-peer.ts';
import { isPortalToken } from './portal-session.ts';
import { AppError } from '../base/errors.ts';
import type { Grant, Principal, Scope } from '../base/principal.ts';
import type { Authenticate } from '../http/registrar.ts';
import type { Operation, SecurityRequirement } from '../openapi/document.ts';
import { isDelivery, MAX_HOPS, readHops } from '../sender/hops.ts';
import { isListed } from './client-address.ts';

export interface AuthenticateOptions {
  verifier: KeyVerifier;
  /** The networks that may send events in; undefined: all. */
  ingestNetworks: BlockList | undefined;
}

/** Operations needed while the database is away, which show nobody's data. */
const NEEDED_IN_AN_OUTAGE = ['getMetrics'];

const NOBODY: Principal = Object.freeze({ tenant: null, scopes: Object.freeze([]) });
const SIGNER: Principal = Object.freeze({ ...NOBODY, actor: 'signature', mustBeSigned: true });
const OPERATOR: Principal = Object.freeze({
  tenant: null,
  scopes: Object.freeze(['admin'] as const),
  actor: 'loopback',
});
const SIGNATURE_HEADERS = [
  'x-hub-signature-256',
  'x-webhook-signature',
  'x-signature',
  'webhook-signature',
];

/** Lets everyone do everything: for tests of what lies behind. */
export const allowEveryone: Authenticate = () => OPERATOR;

/**
 * API keys as openapi.yaml asks for them. While there has never been a key, requests made on this
 * machine may do everything and all others nothing.
 */
export function createAuthenticate({
  verifier,
  ingestNetworks,
}: AuthenticateOptions): Authenticate {
  return async (request, operation) => {
    const scopes = scopesFor(operation.security);
    if (scopes === undefined) return NOBODY;
    if (ingestNetworks && isWayIn(operation) && !isListed(ingestNetworks, request.ip)) {
      throw new AppError('forbidden', 'Events from this address are not accepted.');
    }
    assertNoLoop(request, operation);
    const keys = NEEDED_IN_AN_OUTAGE.includes(operation.id) ? verifier.recalling : verifier;
    const isNeeded = keys.isKeyNeeded();
    const isKeyNeeded = typeof isNeeded === 'boolean' ? isNeeded : await isNeeded;
    const key = bearerOf(request);
    // A portal session sees one tenant, also where everybody else may do everything.
    const isSubscriber = key !== undefined && isPortalToken(key);
    if (!isKeyNeeded && !isSubscriber && isFromThisMachine(request.raw)) {
      return { ...OPERATOR, stillHolds: async () => !(await verifier.isKeyNeeded()) };
    }
    if (key === undefined && takesSignature(operation)) return signerOf(request);
    const known = key === undefined ? undefined : (keys.peek(key) ?? (await keys.verify(key)));
    if (key === undefined || known === undefined)
      throw new AppError('unauthorized', whatIsWanted(isKeyNeeded, isSubscriber));
    assertAllowed(known, operation, scopes);
    const { tenant, scopes: held, id: actor, expiresAt } = known;
    return {
      tenant,
      scopes: held,
      actor,
      expiresAt,
      stillHolds: () => isStillKnown(verifier, key, expiresAt),
    };
  };
}

/**
 * A target chosen by a subscriber must not reach this API, whatever would let the request in:
 * deliveries send events in, a few times over, and do nothing else here.
 */
function assertNoLoop({ headers }: FastifyRequest, operation: Operation): void {
  const hops = readHops(headers);
  if (hops === undefined) return;
  if (!isWayIn(operation)) {
    throw new AppError(
      'forbidden',
      'This request is a delivery of Posthorn, which may send events in and nothing else.',
    );
  }
  if (hops <= MAX_HOPS) return;
  throw new AppError(
    'loop_detected',
    `The event has been delivered ${hops} times over from one Posthorn to the next, which may be ` +
      `${MAX_HOPS} times at the most: its subscriptions form a loop. Give one of them another target.`,
    { maxHops: MAX_HOPS },
  );
}

function whatIsWanted(isKeyNeeded: boolean, isSubscriber: boolean): string {
  if (isSubscriber) return 'The portal session has ended.';
  return isKeyNeeded
    ? 'A valid API key is required.'
    : 'There is no API key yet: only requests made on the machine itself are answered.';
}

function assertAllowed(known: KnownKey, { security }: Operation, scopes: readonly Scope[]): void {
  const isForSubscribers = security.some((requirement) => 'portal' in requirement);
  const portal: Grant[] = scopes.includes('read') ? ['portal', 'portal-read'] : ['portal'];
  if (allows(known.scopes, isForSubscribers ? [...scopes, ...portal] : scopes)) return;
  if (known.scopes.includes('portal')) {
    throw new AppError('forbidden', 'A portal session cannot do this. Use an API key.');
  }
  if (known.scopes.includes('portal-read')) {
    throw new AppError('forbidden', 'This portal session is read-only.');
  }
  throw new AppError('forbidden', `The API key does not have the scope ${scopes.join(' or ')}.`);
}

/** The clock ends a key even while the database does not answer. */
async function isStillKnown(
  verifier: KeyVerifier,
  key: string,
  expiresAt: Date | null,
): Promise<boolean> {
  if (expiresAt !== null && expiresAt.getTime() <= Date.now()) return false;
  return (await verifier.verify(key)) !== undefined;
}

/** The key in `Authorization: Bearer`; other schemes are somebody else's business. */
export function bearerOf(request: FastifyRequest): string | undefined {
  return /^bearer +([\x21-\x7e]{1,200})$/i.exec(request.headers.authorization ?? '')?.[1];
}

/** Whether the operation sends events in. */
export function isWayIn({ security }: Operation): boolean {
  return scopesFor(security)?.includes('publish') === true;
}

/** The scopes any of which will do; undefined where nothing is asked for. */
function scopesFor(security: readonly SecurityRequirement[]): readonly Scope[] | undefined {
  if (security.length === 0) return undefined;
  return security.flatMap(({ bearer = [] }) => bearer as Scope[]);
}

function takesSignature({ security }: Operation): boolean {
  return security.some((requirement) => 'ingestSignature' in requirement);
}

/**
 * Whether the signature is right shows once the body has been read. On a delivery it always could
 * be: a subscription that targets its own ingest has the secret which that asks for.
 */
function signerOf({ headers }: FastifyRequest): Principal {
  if (isDelivery(headers)) {
    throw new AppError(
      'unauthorized',
      'A delivery of Posthorn is not let in by its signature. To chain subscriptions, give the one ' +
        'that delivers here a header Authorization with an API key of the scope publish.',
    );
  }
  if (SIGNATURE_HEADERS.some((name) => headers[name] !== undefined)) return SIGNER;
  throw new AppError('unauthorized', 'A valid signature or API key is required.');
}
