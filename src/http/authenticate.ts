import type { FastifyRequest } from 'fastify';
import type { BlockList } from 'node:net';

import { allows } from '../access/api-key.ts';
import type { Scope } from '../access/api-key.ts';
import type { KeyVerifier } from '../access/key-verifier.ts';
import { isFromThisMachine } from '../access/local-peer.ts';
import { AppError } from '../errors.ts';
import type { Operation, SecurityRequirement } from '../openapi/document.ts';
import { isListed } from './client-address.ts';

export type { Scope } from '../access/api-key.ts';

/** Who is asking. `tenant: null` stands for every tenant. */
export interface Principal {
  tenant: string | null;
  scopes: readonly Scope[];
  /** An API key's id, `environment:1`, `loopback` or `signature`; absent for nobody. */
  actor?: string;
  /** Nothing has been proved yet: the request may pass only if the body's signature is valid. */
  mustBeSigned?: boolean;
}

/**
 * Decides whether `request` may call `operation`, whose `security` lists what would do. Runs
 * before the body is read. Throws AppError `unauthorized` or `forbidden`.
 */
export type Authenticate = (
  request: FastifyRequest,
  operation: Operation,
) => Principal | Promise<Principal>;

export interface AuthenticateOptions {
  verifier: KeyVerifier;
  /** The networks that may send events in; undefined: all. */
  ingestNetworks: BlockList | undefined;
}

const NOBODY: Principal = Object.freeze({ tenant: null, scopes: Object.freeze([]) });
const SIGNER: Principal = Object.freeze({ ...NOBODY, actor: 'signature', mustBeSigned: true });
const OPERATOR: Principal = Object.freeze({
  tenant: null,
  scopes: Object.freeze(['admin'] as const),
  actor: 'loopback',
});
const SIGNATURE_HEADERS = [
  'x-hub-signature-256', 'x-webhook-signature', 'x-signature', 'webhook-signature',
];

/** Lets everyone do everything: for tests of what lies behind. */
export const allowEveryone: Authenticate = () => OPERATOR;

/**
 * API keys as openapi.yaml asks for them. While there has never been a key, requests made on this
 * machine may do everything and all others nothing.
 */
export function createAuthenticate({ verifier, ingestNetworks }: AuthenticateOptions): Authenticate {
  return async (request, operation) => {
    const scopes = scopesFor(operation.security);
    if (scopes === undefined) return NOBODY;
    if (ingestNetworks && isWayIn(operation) && !isListed(ingestNetworks, request.ip)) {
      throw new AppError('forbidden', 'Events are not taken from this address.');
    }
    const isNeeded = verifier.isKeyNeeded();
    const isKeyNeeded = typeof isNeeded === 'boolean' ? isNeeded : await isNeeded;
    if (!isKeyNeeded && isFromThisMachine(request.raw)) return OPERATOR;

    const key = bearerOf(request);
    if (key === undefined && takesSignature(operation)) return signerOf(request);
    const known = key === undefined ? undefined : verifier.peek(key) ?? (await verifier.verify(key));
    if (known === undefined) {
      throw unauthorized(isKeyNeeded
        ? 'A valid API key is required.'
        : 'There is no API key yet: only requests made on the machine itself are answered.');
    }
    if (!allows(known.scopes, scopes)) {
      throw new AppError('forbidden', `The API key does not have the scope ${scopes.join(' or ')}.`);
    }
    return { tenant: known.tenant, scopes: known.scopes, actor: known.id };
  };
}

export function unauthorized(detail: string): AppError {
  return new AppError('unauthorized', detail, {
    headers: { 'www-authenticate': 'Bearer realm="posthorn"' },
  });
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

/** Whether the signature is right shows once the body has been read. */
function signerOf({ headers }: FastifyRequest): Principal {
  if (SIGNATURE_HEADERS.some((name) => headers[name] !== undefined)) return SIGNER;
  throw unauthorized('A valid signature or API key is required.');
}
