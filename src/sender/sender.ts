import type { AddressGuard, Refusal } from './address-guard.ts';
import { boundedCache } from './bounded-cache.ts';
import { createConnections } from './connections.ts';
import { createConnector } from './connector.ts';
import { Exchange } from './exchange.ts';
import { SendError } from './outcome.ts';
import type { SendOutcome } from './outcome.ts';
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
  /** PEM certificates trusted in place of the usual authorities. */
  ca?: string;
}

export interface SendRequest {
  url: string;
  /** Names and values alternating, or a record. `content-type` is JSON unless given. */
  headers: string[] | Record<string, string>;
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
type Target = { origin: string; path: string; refusal?: undefined } | { refusal: Refusal };

const MAX_CACHED_TARGETS = 4_096;

export function createSender(options: SenderOptions): Sender {
  const { guard, userAgent, maxResponseBytes = 16 * 1024 } = options;
  const connections = createConnections({
    connector: createConnector({
      guard,
      resolver: options.resolver ?? createResolver(),
      ca: options.ca,
    }),
    maxResponseHeaderBytes: options.maxResponseHeaderBytes ?? 16 * 1024,
    originIdleMs: options.originIdleMs ?? 30_000,
  });
  const rememberTargets = () => boundedCache(MAX_CACHED_TARGETS, (url) => takeApart(guard, url));
  let targetOf = rememberTargets();
  let inFlight = 0;
  let isClosed = false;
  let onIdle = (): void => {};

  function send(request: SendRequest): Promise<SendOutcome> {
    if (isClosed) return Promise.resolve(instantFailure('cancelled', 'the sender is closed'));
    const target = targetOf(request.url);
    if (target.refusal !== undefined) {
      return Promise.resolve(
        instantFailure('blocked', target.refusal.reason, target.refusal.isClosed),
      );
    }

    const { origin, path } = target;
    return new Promise((resolve) => {
      const settle = (outcome: SendOutcome): void => {
        inFlight -= 1;
        resolve(outcome);
        if (inFlight === 0) onIdle();
      };
      inFlight += 1;
      const exchange = new Exchange(settle, request.deadlineMs, maxResponseBytes);
      const headers = completeHeaders(request.headers, userAgent);
      connections.run(origin, { path, method: 'POST', headers, body: request.body }, exchange);
    });
  }

  async function close(graceMs = 0): Promise<void> {
    isClosed = true;
    if (inFlight > 0 && graceMs > 0) await idleWithin(graceMs);
    await connections.destroy(new SendError('cancelled', 'the sender was closed'));
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

function takeApart(guard: AddressGuard, url: string): Target {
  const verdict = guard.checkUrl(url);
  if (!verdict.ok) return { refusal: verdict };
  return { origin: verdict.url.origin, path: verdict.url.pathname + verdict.url.search };
}

function instantFailure(
  kind: 'blocked' | 'cancelled',
  message: string,
  isClosed = false,
): SendOutcome {
  return { kind, message, durationMs: 0, ...(isClosed && { isClosed }) };
}

function completeHeaders(headers: SendRequest['headers'], userAgent: string): string[] {
  const complete = Array.isArray(headers) ? headers.slice() : Object.entries(headers).flat();
  if (!hasHeader(complete, 'content-type')) complete.push('content-type', 'application/json');
  if (!hasHeader(complete, 'user-agent')) complete.push('user-agent', userAgent);
  return complete;
}

function hasHeader(flatHeaders: string[], lowerName: string): boolean {
  for (let i = 0; i < flatHeaders.length; i += 2) {
    const name = flatHeaders[i];
    if (name?.length === lowerName.length && name.toLowerCase() === lowerName) return true;
  }
  return false;
}
