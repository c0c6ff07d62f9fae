import type { Socket } from 'node:net';

import type { Connected } from './connector.ts';
import type { Exchange, ExchangeSlot } from './exchange.ts';
import { describeError } from './outcome.ts';
import type { FailureReason } from './outcome.ts';
import { headOf } from './request-bytes.ts';
import { alertFailure, isTlsError } from './tls-reasons.ts';

/** What a connection reports to its keeper. */
export interface ConnectionKeeper {
  /** It can carry another exchange; the receiver keeps it for this long, if it has said so. */
  onIdle(connection: Connection, keepAliveMs: number | undefined): void;
  onClosed(connection: Connection): void;
  /** It was found dead when it was used again, and the exchange needs another one. */
  onStale(exchange: Exchange): void;
}

/** Larger bodies are written in pieces, so that an answer is seen between two of them. */
const WHOLE_BYTES = 65_536;
const PIECE_BYTES = 16_384;
/** A receiver that closes later than this may have worked on the request. */
const STALE_WITHIN_MS = 100;
const MAX_ROUND_TRIP_MS = 400;

/**
 * An open socket that carries one exchange at a time, in our own HTTP/1.1, because what a receiver
 * has said must not be lost. It goes on reading where a write has failed, since the answer was sent
 * before the reset; it sees an answer while it still sends; and it knows what was sent how often.
 * undici and node:http destroy the socket on a failed write, and their parser refuses answers that
 * other clients take, which costs a second delivery.
 */
export class Connection implements ExchangeSlot {
  readonly openedAtMs = performance.now();
  /** Set by the keeper: not to be used again after this. */
  usableUntilMs = 0;
  isRetired = false;
  readonly #socket: Socket;
  readonly #roundTripMs: number;
  readonly #keeper: ConnectionKeeper;
  #exchange: Exchange | undefined;
  #isReused = false;
  #isWriting = false;
  #hasCarriedMuch = false;
  #writtenAtMs = 0;
  #writeError: Error | undefined;

  constructor({ socket, roundTripMs }: Connected, keeper: ConnectionKeeper) {
    this.#socket = socket;
    this.#roundTripMs = Math.min(roundTripMs, MAX_ROUND_TRIP_MS);
    this.#keeper = keeper;
    this.#surviveWriteErrors();
    socket.on('error', (error) => this.#lose(error));
    socket.on('end', () => this.#lose());
    socket.on('close', () => this.#lose());
  }

  send(exchange: Exchange): void {
    this.#exchange = exchange;
    exchange.sends += 1;
    exchange.occupy(this);
    try {
      this.#write(exchange);
    } catch (error) {
      exchange.abort(describeError(error));
    }
  }

  receive(bytes: Buffer): void {
    // What comes while nothing is under way is no answer to anything.
    if (this.#exchange === undefined) this.close();
    else this.#exchange.receive(bytes);
  }

  finish(isReusable: boolean, keepAliveMs?: number): void {
    this.#exchange = undefined;
    this.#isReused = true;
    const isSent = !this.#isWriting && this.#socket.writableLength === 0;
    // A large body that the handler has not read stands before the next request: receivers close
    // over it, and Hypercorn reads no further.
    const isClear = isSent && !this.#hasCarriedMuch && this.#writeError === undefined;
    if (isReusable && isClear && !this.isRetired) {
      this.#keeper.onIdle(this, keepAliveMs);
    } else {
      this.close();
    }
  }

  abort(reason: FailureReason): void {
    this.#exchange?.abort(reason);
    this.close();
  }

  close(): void {
    this.#keeper.onClosed(this);
    this.#socket.destroy();
  }

  #write(exchange: Exchange): void {
    const { body, bodyBytes, isAscii } = exchange.request;
    const head = headOf(exchange.request, exchange.sends);
    const socket = this.#socket;
    this.#writtenAtMs = performance.now();
    if (bodyBytes > WHOLE_BYTES) {
      this.#isWriting = true;
      this.#hasCarriedMuch = true;
      socket.write(head, 'latin1');
      this.#writePieces(exchange, typeof body === 'string' ? Buffer.from(body) : body, 0);
    } else if (isAscii && typeof body === 'string') {
      socket.write(head + body);
    } else {
      socket.cork();
      socket.write(head, 'latin1');
      socket.write(body);
      socket.uncork();
    }
  }

  #writePieces(exchange: Exchange, bytes: Buffer, start: number): void {
    if (this.#exchange !== exchange || this.#writeError !== undefined) return;
    const end = start + PIECE_BYTES;
    this.#writtenAtMs = performance.now();
    this.#socket.write(bytes.subarray(start, end), (error) => {
      if (error) return;
      if (end >= bytes.length) this.#isWriting = false;
      // What has arrived meanwhile is read first.
      else setImmediate(() => this.#writePieces(exchange, bytes, end));
    });
  }

  /** A failed write destroys a socket, together with what has arrived and was not read yet. */
  #surviveWriteErrors(): void {
    const socket = this.#socket;
    const { destroy } = socket;
    socket.destroy = (error) => {
      if (error === undefined || this.#exchange === undefined || !isWriteError(error)) {
        return destroy.call(socket, error);
      }
      this.#writeError ??= error;
      return socket;
    };
  }

  #lose(error?: Error): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return this.close();
    if (exchange.isUnanswered && this.#wasStale(exchange)) {
      this.#exchange = undefined;
      this.close();
      this.#keeper.onStale(exchange);
      return;
    }
    const cause = error ?? this.#writeError;
    exchange.lose(cause !== undefined && isTlsError(cause) ? alertFailure(cause) : cause);
    this.close();
  }

  /**
   * A receiver may close a kept connection just when it is used again, on a deployment or by an
   * idle time-out of its own. RFC 9112 §9.3.1 lets a request be repeated then if that is known to
   * be safe, which `webhook-id` makes it. A new connection gives no second chance, and neither does
   * one that closes later, since the handler may have run.
   */
  #wasStale(exchange: Exchange): boolean {
    const elapsedMs = performance.now() - this.#writtenAtMs;
    return (
      this.#isReused && exchange.sends === 1 && elapsedMs <= STALE_WITHIN_MS + this.#roundTripMs
    );
  }
}

function isWriteError(error: Error): boolean {
  return 'syscall' in error && error.syscall === 'write';
}
