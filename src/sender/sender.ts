import type { AddressGuard, Refusal } from './address-guard.ts';
import { boundedCache } from './bounded-cache.ts';
import { createConnections } from './connections.ts';
import { createConnector } from './connector.ts';
import { Exchange } from './exchange.ts';
import type { ConnectTarget } from './connector.ts';
import { describeError, SendError } from './outcome.ts';
import type { FailureReason, SendOutcome } from './outcome.ts';
import { requestBytes } from './request-bytes.ts';
import type { RequestBytes, RequestHeaders } from './request-bytes.ts';
import { createResolver } from './resolver.ts';
import type { Resolver } from './resolver.ts';

export type { FailureKind, SendFailure, SendOutcome, SendResponse } from './outcome.ts';

export interface SenderOptions {
  guard: AddressGuard;
  resolver?: Resolver;
  userAgent: string;
  /** How much of a response's body is read and kept. */
  maxResponseBytes?: number;
  maxResponseHeaderBytes?: number;
  originIdleMs?: number;
  connectionMaxAgeMs?: number;
  /** PEM certificates trusted in place of the usual authorities. */
  ca?: string;
}

export interface SendRequest {
  url: string;
  /** Names and values alternating, or a record. `content-type` is JSON unless given. */
  headers: RequestHeaders;
  body: string | Buffer;
  /** Bound on the whole exchange, from the call to the last byte of the response. */
  deadlineMs: number;
}

export interface Sender {
  /**
   * POSTs once, following no redirect. Whatever the receiver does is a value; nothing is thrown.
   */
  send(request: SendRequest): Promise<SendOutcome>;
  /** The guard has changed its mind: forgets verdicts, and connections made under the old one. */
  reconsider(): void;
  /** Lets what is under way end for `graceMs`, then aborts it as `cancelled`. */
  close(graceMs?: number): Promise<void>;
  readonly stats: { inFlight: number; origins: number; connections: number };
}

/** A URL taken apart and judged, which costs more than an exchange's share of either. */
interface Target extends ConnectTarget {
  origin: string;
  /** For the `Host` header. */
  host: string;
  path: string;
  refusal?: undefined;
}

const MAX_CACHED_TARGETS = 4_096;
/** With the age of an answer in the resolver's cache, a name that moves is followed within 60 s. */
const CONNECTION_MAX_AGE_MS = 45_000;

export function createSender(options: SenderOptions): Sender {
  const {
    guard,
    userAgent,
    maxResponseBytes = 16 * 1024,
    maxResponseHeaderBytes = 64 * 1024,
  } = options;
  const connections = createConnections({
    connector: createConnector({
      guard,
      resolver: options.resolver ?? createResolver(),
      ca: options.ca,
    }),
    originIdleMs: options.originIdleMs ?? 30_000,
    maxAgeMs: options.connectionMaxAgeMs ?? CONNECTION_MAX_AGE_MS,
  });
  const rememberTargets = () => boundedCache(MAX_CACHED_TARGETS, (url) => judge(guard, url));
  let targetOf = rememberTargets();
  let inFlight = 0;
  let isClosed = false;
  let onIdle = (): void => {};

  function send(request: SendRequest): Promise<SendOutcome> {
    if (isClosed) {
      return Promise.resolve(
        instantFailure({ kind: 'cancelled', message: 'the sender is closed' }),
      );
    }
    const target = targetOf(request.url);
    if (target.refusal !== undefined) {
      const { reason, isClosed: wasOpen } = target.refusal;
      return Promise.resolve(
        instantFailure({ kind: 'blocked', message: reason, ...(wasOpen && { isClosed: true }) }),
      );
    }
    const { host, path } = target;
    let bytes: RequestBytes;
    try {
      const { headers, body } = request;
      bytes = requestBytes({ host, path, headers, userAgent, body });
    } catch (error) {
      return Promise.resolve(instantFailure(describeError(error)));
    }
    const limits = { deadlineMs: request.deadlineMs, maxResponseBytes, maxResponseHeaderBytes };
    return new Promise((resolve) => {
      inFlight += 1;
      const exchange = new Exchange(bytes, limits, (outcome) => {
        inFlight -= 1;
        resolve(outcome);
        if (inFlight === 0) onIdle();
      });
      connections.run(target.origin, target, exchange);
    });
  }

  async function close(graceMs = 0): Promise<void> {
    isClosed = true;
    if (inFlight > 0 && graceMs > 0) await idleWithin(graceMs);
    connections.destroy(new SendError('cancelled', 'the sender was closed'));
  }

  async function idleWithin(graceMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, graceMs);
    onIdle = resolve;
    await promise;
    clearTimeout(timer);
  }

  return {
    send,
    reconsider() {
      targetOf = rememberTargets();
      connections.retire();
    },
    close,
    get stats() {
      return { inFlight, ...connections.stats };
    },
  };
}

function judge(guard: AddressGuard, text: string): Target | { refusal: Refusal } {
  const verdict = guard.checkUrl(text);
  if (!verdict.ok) return { refusal: verdict };
  const { url } = verdict;
  const isTls = url.protocol === 'https:';
  return {
    origin: url.origin,
    host: url.host,
    hostname: url.hostname,
    port: Number(url.port) || (isTls ? 443 : 80),
    isTls,
    path: url.pathname + url.search,
  };
}

function instantFailure(reason: FailureReason): SendOutcome {
  return { ...reason, sends: 0, durationMs: 0 };
}
