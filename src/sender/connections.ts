import { Connection } from './connection.ts';
import type { ConnectionKeeper } from './connection.ts';
import type { ConnectTarget, GuardedConnector } from './connector.ts';
import type { Exchange } from './exchange.ts';
import { describeError } from './outcome.ts';
import type { SendError } from './outcome.ts';

export interface ConnectionsOptions {
  connector: GuardedConnector;
  /** Origins without traffic for this long are forgotten, with all they hold. */
  originIdleMs: number;
  /** No connection is used for longer, so that names are looked up again under steady traffic. */
  maxAgeMs: number;
}

export interface Connections {
  /** Runs the exchange on a free connection of the origin, or on a new one. */
  run(origin: string, target: ConnectTarget, exchange: Exchange): void;
  /** No connection that is open now is used for another exchange. */
  retire(): void;
  /** Aborts what is under way, and closes every connection. */
  destroy(reason: SendError): void;
  readonly stats: { origins: number; connections: number };
}

interface Origin {
  url: string;
  target: ConnectTarget;
  /** Those whose connection is being made. */
  connecting: Set<Exchange>;
  connections: Set<Connection>;
  /** Last used, first taken: few connections stay warm, and the others close automatically. */
  idle: Connection[];
  usedAtMs: number;
  keeper: ConnectionKeeper;
}

/** Of a receiver that does not say how long it keeps a connection: less than any is known to. */
const IDLE_MS = 4_000;
const MAX_IDLE_MS = 600_000;
/** Closes before the receiver does, so that no request meets a connection that is being closed. */
const IDLE_MARGIN_MS = 2_000;
const SWEEP_MS = 1_000;

/**
 * Keep-alive connections by origin. As many as are asked for: subscriptions of one origin, of which
 * some hang, would wait for each other behind a cap, and how much is under way is bounded before it
 * comes here.
 */
export function createConnections(options: ConnectionsOptions): Connections {
  const origins = new Map<string, Origin>();
  const sweeper = setInterval(sweep, Math.min(options.originIdleMs / 2, SWEEP_MS)).unref();

  function sweep(): void {
    const nowMs = performance.now();
    for (const origin of origins.values()) {
      for (const connection of origin.idle.slice()) {
        if (connection.usableUntilMs < nowMs) connection.close();
      }
      const isUsed = origin.connecting.size > 0 || origin.idle.length < origin.connections.size;
      if (isUsed || origin.usedAtMs > nowMs - options.originIdleMs) continue;
      origins.delete(origin.url);
      for (const connection of origin.connections) connection.close();
    }
  }

  function originOf(url: string, target: ConnectTarget): Origin {
    let origin = origins.get(url);
    if (origin === undefined) {
      origin = createOrigin(url, target, options);
      origins.set(url, origin);
    }
    return origin;
  }

  return {
    run(url, target, exchange) {
      const origin = originOf(url, target);
      origin.usedAtMs = performance.now();
      const connection = takeIdle(origin);
      if (connection === undefined) openConnection(origin, options.connector, exchange);
      else connection.send(exchange);
    },
    retire() {
      for (const origin of origins.values()) {
        for (const connection of origin.connections) connection.isRetired = true;
        for (const connection of origin.idle.slice()) connection.close();
      }
    },
    destroy(reason) {
      clearInterval(sweeper);
      const cancelled = describeError(reason);
      for (const origin of origins.values()) {
        for (const exchange of origin.connecting) exchange.abort(cancelled);
        for (const connection of origin.connections) connection.abort(cancelled);
      }
      origins.clear();
    },
    get stats() {
      const all = [...origins.values()];
      const connections = all.reduce(
        (sum, origin) => sum + origin.connections.size + origin.connecting.size,
        0,
      );
      return { origins: all.length, connections };
    },
  };
}

function createOrigin(url: string, target: ConnectTarget, options: ConnectionsOptions): Origin {
  const origin: Origin = {
    url,
    target,
    connecting: new Set(),
    connections: new Set(),
    idle: [],
    usedAtMs: 0,
    keeper: {
      onIdle(connection, keepAliveMs) {
        const nowMs = performance.now();
        const idleMs =
          keepAliveMs === undefined ? IDLE_MS : Math.min(keepAliveMs - IDLE_MARGIN_MS, MAX_IDLE_MS);
        const untilMs = Math.min(nowMs + idleMs, connection.openedAtMs + options.maxAgeMs);
        connection.usableUntilMs = untilMs;
        if (untilMs <= nowMs) connection.close();
        else origin.idle.push(connection);
      },
      onClosed(connection) {
        origin.connections.delete(connection);
        const index = origin.idle.indexOf(connection);
        if (index !== -1) origin.idle.splice(index, 1);
      },
      onStale(exchange) {
        openConnection(origin, options.connector, exchange);
      },
    },
  };
  return origin;
}

function takeIdle(origin: Origin): Connection | undefined {
  const nowMs = performance.now();
  for (;;) {
    const connection = origin.idle.pop();
    if (connection === undefined || connection.usableUntilMs > nowMs) return connection;
    connection.close();
  }
}

function openConnection(origin: Origin, connector: GuardedConnector, exchange: Exchange): void {
  let connection: Connection | undefined;
  const giveUp = connector(
    origin.target,
    (bytes) => connection?.receive(bytes),
    (error, connected) => {
      origin.connecting.delete(exchange);
      if (connected === undefined) return exchange.abort(describeError(error));
      connection = new Connection(connected, origin.keeper);
      origin.connections.add(connection);
      if (exchange.isSettled) connection.close();
      else connection.send(exchange);
    },
  );
  origin.connecting.add(exchange);
  exchange.occupy({
    finish() {
      origin.connecting.delete(exchange);
      giveUp();
    },
  });
}
