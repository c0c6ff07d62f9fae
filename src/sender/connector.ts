import { connect as connectTcp, isIP } from 'node:net';
import type { LookupFunction, Socket } from 'node:net';
import { connect as connectTls, createSecureContext, TLSSocket } from 'node:tls';

import { isLocalhostName } from './address-guard.ts';
import type { AddressGuard, Refusal } from './address-guard.ts';
import { SendError } from './outcome.ts';
import type { Resolver } from './resolver.ts';
import { handshakeFailure } from './tls-reasons.ts';

export interface ConnectTarget {
  /** As in a URL: IPv6 in brackets, a name perhaps with its trailing dot. */
  hostname: string;
  port: number;
  isTls: boolean;
}

export interface Connected {
  socket: Socket;
  /** How long the TCP handshake took, and so about one round trip. */
  roundTripMs: number;
}

/** Opens a socket and returns how to give up on it while it is not yet connected. */
export type GuardedConnector = (
  target: ConnectTarget,
  /** Takes what arrives, in a buffer that is used again for whatever comes next. */
  onBytes: (bytes: Buffer) => void,
  callback: (error: Error | null, connected?: Connected) => void,
) => () => void;

export interface ConnectorOptions {
  guard: AddressGuard;
  resolver: Resolver;
  /** PEM certificates trusted in place of the usual authorities. */
  ca?: string | undefined;
}

/** How long one address of several may take before the next one is tried. */
const ADDRESS_ATTEMPT_MS = 1_000;
const MAX_SESSIONS = 1_000;
const READ_BUFFER_BYTES = 65_536;

/**
 * Enforces the address guard where sockets are made: on an IP literal, which `lookup` never sees;
 * on every answer of the resolver, one bad answer refusing the name; and on the address that the
 * socket really reached, before a byte is written to it.
 */
export function createConnector({ guard, resolver, ca }: ConnectorOptions): GuardedConnector {
  const lookup = guardedLookup(guard, resolver);
  const secureContext = createSecureContext(ca === undefined ? {} : { ca });
  const sessions = new Map<string, Buffer>();
  // One for all, since what was read is taken before the next read: saves 64 KiB a read.
  const readBuffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);

  function open({ hostname, port, isTls }: ConnectTarget, onBytes: (bytes: Buffer) => void) {
    const host = bareHost(hostname);
    const options = {
      host,
      port,
      lookup,
      noDelay: true,
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: ADDRESS_ATTEMPT_MS,
      onread: {
        buffer: readBuffer,
        callback(count: number) {
          onBytes(readBuffer.subarray(0, count));
          return true;
        },
      },
    };
    if (!isTls) return connectTcp(options);
    const session = sessions.get(`${host}:${port}`);
    const socket = connectTls({
      ...options,
      secureContext,
      // RFC 6066 §3: the name without its trailing dot, and no address.
      servername: isIP(host) === 0 ? host.replace(/\.$/, '') : '',
      ALPNProtocols: ['http/1.1'],
      ...(session !== undefined && { session }),
    });
    socket.on('session', (received: Buffer) => keepSession(`${host}:${port}`, received));
    return socket;
  }

  function keepSession(key: string, session: Buffer): void {
    sessions.delete(key);
    const [oldest] = sessions.size >= MAX_SESSIONS ? sessions.keys() : [];
    if (oldest !== undefined) sessions.delete(oldest);
    sessions.set(key, session);
  }

  return (target, onBytes, callback) => {
    const host = bareHost(target.hostname);
    if (isIP(host) !== 0) {
      const verdict = guard.checkAddress(host);
      if (!verdict.ok) {
        process.nextTick(callback, blocked(verdict));
        return () => {};
      }
    }
    const socket = open(target, onBytes);
    awaitConnection(socket, guard, callback);
    return () => void socket.destroy();
  };
}

function awaitConnection(
  socket: Socket,
  guard: AddressGuard,
  callback: Parameters<GuardedConnector>[2],
): void {
  let attemptedAtMs = performance.now();
  let roundTripMs = 0;
  let isReached = false;
  let fail: ((error: Error) => void) | undefined = (error) => {
    fail = undefined;
    callback(error);
  };
  socket.on('connectionAttempt', () => (attemptedAtMs = performance.now()));
  socket.prependOnceListener('connect', () => {
    isReached = true;
    roundTripMs = performance.now() - attemptedAtMs;
    const address = socket.remoteAddress;
    if (address === undefined) {
      socket.destroy(new SendError('unreachable', 'the connection was reset'));
      return;
    }
    const verdict = guard.checkAddress(address);
    if (!verdict.ok) socket.destroy(blocked(verdict));
  });
  const { destroy } = socket;
  // The certificate is gone once the socket is.
  socket.destroy = (error) => {
    socket.destroy = destroy;
    const certificate =
      error !== undefined && socket instanceof TLSSocket ? socket.getPeerCertificate() : undefined;
    if (error !== undefined && isReached) {
      fail?.(handshakeFailure(error, certificate ?? undefined));
    }
    return destroy.call(socket, error);
  };
  socket.on('error', (error) => fail?.(error));
  socket.once('close', () => fail?.(new SendError('unreachable', 'the connection was closed')));
  socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', () => {
    if (socket.destroyed) return;
    socket.destroy = destroy;
    fail = undefined;
    callback(null, { socket, roundTripMs });
  });
}

function blocked({ reason, isClosed }: Refusal): SendError {
  return new SendError('blocked', reason, { isClosed });
}

function bareHost(hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
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
