import { isIP } from 'node:net';
import type { LookupFunction, Socket } from 'node:net';
import { buildConnector } from 'undici';

import { isLocalhostName } from './address-guard.ts';
import type { AddressGuard, Refusal } from './address-guard.ts';
import { describeError, SendError } from './outcome.ts';
import type { Resolver } from './resolver.ts';

/** Opens a socket for undici and returns how to give up on it while it is not yet connected. */
export type GuardedConnector = (
  options: buildConnector.Options,
  callback: buildConnector.Callback,
) => (reason: Error) => void;

export interface ConnectorOptions {
  guard: AddressGuard;
  resolver: Resolver;
  /** PEM certificates trusted in place of the usual authorities. */
  ca?: string;
}

/** How long one address of several may take before the next one is tried. */
const ADDRESS_ATTEMPT_MS = 1_000;

/**
 * Enforces the address guard where sockets are made: on an IP literal, which `lookup` never sees;
 * on every answer of the resolver, one bad answer refusing the name; and on the address that the
 * socket really reached, before a byte is written to it.
 */
export function createConnector({ guard, resolver, ca }: ConnectorOptions): GuardedConnector {
  // The built connector returns its socket, which undici's types leave out.
  const connect = buildConnector({
    allowH2: false,
    timeout: 0,
    maxCachedSessions: 1_000,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: ADDRESS_ATTEMPT_MS,
    lookup: guardedLookup(guard, resolver),
    ...(ca === undefined ? {} : { ca }),
  }) as (...args: Parameters<buildConnector.connector>) => Socket;

  return (options, callback) => {
    if (isIP(options.hostname) !== 0) {
      const verdict = guard.checkAddress(options.hostname);
      if (!verdict.ok) {
        process.nextTick(callback, blocked(verdict), null);
        return () => {};
      }
    }

    let refusal: SendError | undefined;
    let isReached = false;
    const socket = connect(options, (error, connected) => {
      if (refusal) callback(refusal, null);
      else if (error === null) callback(null, connected);
      else callback(isReached ? handshakeError(error) : error, null);
    });
    socket.prependOnceListener('connect', () => {
      isReached = true;
      const verdict = guard.checkAddress(socket.remoteAddress ?? '');
      if (verdict.ok) return;
      refusal = blocked(verdict);
      socket.destroy(refusal);
    });
    return (reason) => void socket.destroy(reason);
  };
}

function blocked({ reason, isClosed }: Refusal): SendError {
  return new SendError('blocked', reason, { isClosed });
}

function guardedLookup(guard: AddressGuard, resolver: Resolver): LookupFunction {
  async function allowedAddresses(hostname: string): Promise<string[]> {
    if (isLocalhostName(hostname)) {
      const loopback = ['127.0.0.1', '::1'].filter((address) => guard.checkAddress(address).ok);
      if (loopback.length > 0) return loopback;
      throw blocked({
        ...guard.checkAddress('127.0.0.1'),
        ok: false,
        reason: 'the host is this machine',
      });
    }
    const addresses = await resolver.resolve(hostname);
    if (addresses.length === 0) throw new SendError('unreachable', 'the name has no address');
    for (const address of addresses) {
      const verdict = guard.checkAddress(address);
      if (verdict.ok) continue;
      throw blocked({ ...verdict, reason: `the name was resolved, but ${verdict.reason}` });
    }
    return addresses;
  }

  return (hostname, options, callback) => {
    allowedAddresses(hostname)
      .then((addresses) => addresses.map((address) => ({ address, family: isIP(address) })))
      .then(
        (found) => {
          const [first] = found;
          if (options.all || first === undefined) callback(null, found);
          else callback(null, first.address, first.family);
        },
        (error) => callback(error, []),
      );
  };
}

/** After TCP has connected, only the TLS handshake is left to fail. */
function handshakeError(error: Error): Error {
  if (error instanceof SendError) return error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const detail = code ?? describeError(error).message;
  return new SendError('tls', `the TLS handshake failed (${detail})`, { cause: error });
}
