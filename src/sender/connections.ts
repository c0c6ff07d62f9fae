import { Client } from 'undici';
import type { Dispatcher } from 'undici';

import type { GuardedConnector } from './connector.ts';
import type { Exchange, ExchangeSlot } from './exchange.ts';
import { SendError } from './outcome.ts';

export interface ConnectionsOptions {
  connector: GuardedConnector;
  maxResponseHeaderBytes: number;
  /** Origins without traffic for this long are forgotten, with all they hold. */
  originIdleMs: number;
}

export interface Connections {
  /** Runs the exchange on a free connection of the origin, or on a new one. */
  run(origin: string, request: Dispatcher.DispatchOptions, exchange: Exchange): void;
  /** No connection that is open now is used for another exchange. */
  retire(): void;
  /** Aborts what is under way, and closes every connection. */
  destroy(reason: SendError): Promise<void>;
  readonly stats: { origins: number; connections: number };
}

interface Sending {
  request: Dispatcher.DispatchOptions;
  exchange: Exchange;
}

interface Origin {
  url: string;
  connections: Set<Connection>;
  /** Last used, first taken: few connections stay warm, and the others close automatically. */
  idle: Connection[];
  usedAtMs: number;
}

interface Connection extends ExchangeSlot {
  run(sending: Sending): void;
  /** Ends with the exchange that it carries. */
  retire(): void;
  destroy(reason?: SendError): Promise<void>;
}

/**
 * Keep-alive connections by origin, each an undici Client that carries one request at a time. As
 * many as are asked for: subscriptions of one origin, of which some hang, would wait for each other
 * behind a cap, and how much is under way is bounded before it comes here. undici's Pool costs as
 * much, but queues requests whose deadline has passed and cannot give up on a connection attempt.
 */
export function createConnections(options: ConnectionsOptions): Connections {
  const origins = new Map<string, Origin>();
  const sweeper = setInterval(forgetIdleOrigins, options.originIdleMs / 2).unref();

  function forgetIdleOrigins(): void {
    const idleSinceMs = performance.now() - options.originIdleMs;
    for (const origin of origins.values()) {
      if (origin.idle.length < origin.connections.size || origin.usedAtMs > idleSinceMs) continue;
      origins.delete(origin.url);
      for (const connection of origin.connections) void connection.destroy();
    }
  }

  function originOf(url: string): Origin {
    let origin = origins.get(url);
    if (origin === undefined) {
      origin = { url, connections: new Set(), idle: [], usedAtMs: 0 };
      origins.set(url, origin);
    }
    return origin;
  }

  return {
    run(url, request, exchange) {
      const origin = originOf(url);
      origin.usedAtMs = performance.now();
      const connection = origin.idle.pop() ?? openConnection(origin, options);
      connection.run({ request, exchange });
    },
    retire() {
      for (const origin of origins.values()) {
        for (const connection of origin.idle.splice(0)) {
          origin.connections.delete(connection);
          void connection.destroy();
        }
        for (const connection of origin.connections) connection.retire();
      }
    },
    async destroy(reason) {
      clearInterval(sweeper);
      const open = [...origins.values()].flatMap((origin) => [...origin.connections]);
      origins.clear();
      await Promise.all(open.map((connection) => connection.destroy(reason)));
    },
    get stats() {
      const all = [...origins.values()];
      const connections = all.reduce((sum, origin) => sum + origin.connections.size, 0);
      return { origins: all.length, connections };
    },
  };
}

function openConnection(origin: Origin, options: ConnectionsOptions): Connection {
  let current: Sending | undefined;
  let isReused = false;
  let isRetired = false;
  let abortConnecting: ((reason: Error) => void) | undefined;

  const client = new Client(origin.url, {
    pipelining: 1,
    allowH2: false,
    // The exchange has a deadline of its own, over everything.
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: options.maxResponseHeaderBytes,
    connect: (target, callback) => {
      // Its deadline may have passed while the connection before this one was closing.
      if (current?.exchange.isSettled) return callback(alreadySettled(), null);
      isReused = false;
      abortConnecting = options.connector(target, (...result) => {
        abortConnecting = undefined;
        callback(...result);
      });
    },
  });

  const connection: Connection = {
    run(sending) {
      current = sending;
      sending.exchange.occupy(connection);
      client.dispatch(sending.request, sending.exchange);
    },
    abortConnecting(reason) {
      abortConnecting?.(reason);
    },
    // A receiver may close a kept connection just when it is used again, on a deployment or by
    // an idle time-out of its own. RFC 9112 §9.3.1 lets a request be repeated then if that is
    // known to be safe, which `webhook-id` makes it. A new connection gives no second chance.
    resend() {
      if (!isReused || current === undefined) return false;
      const { request, exchange } = current;
      // undici is still in the middle of ending the exchange.
      queueMicrotask(() => client.dispatch(request, exchange));
      return true;
    },
    release() {
      current = undefined;
      if (isRetired) {
        origin.connections.delete(connection);
        void client.close();
        return;
      }
      isReused = true;
      origin.idle.push(connection);
    },
    retire() {
      isRetired = true;
    },
    async destroy(reason) {
      if (reason) current?.exchange.abort(reason);
      await client.destroy();
    },
  };
  origin.connections.add(connection);
  return connection;
}

function alreadySettled(): SendError {
  return new SendError('cancelled', 'the exchange has settled before it was sent');
}
