import type { Dispatcher } from 'undici';

import { describeError, SendError } from './outcome.ts';
import type { SendFailure, SendOutcome } from './outcome.ts';

/** A connection that broke after the status line has answered, but not completely. */
const INCOMPLETE = {
  kind: 'protocol',
  message: 'the response ended before it was complete',
} as const;

/** The resources of an exchange while it runs; given back once, when undici is done with the request. */
export interface ExchangeSlot {
  /** Gives up on a connection that is still being made. */
  abortConnecting(reason: Error): void;
  /** Sends again over a new connection if a kept one turned out to be dead; else false. */
  resend(): boolean;
  release(): void;
}

/**
 * One request and its response as undici's callbacks report it. A class because it is made once per
 * delivery: shared methods cost a fraction of a closure per callback.
 *
 * It settles once, with a value. It may settle before undici is done, when the deadline passes;
 * the slot is released only after.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #settle: (outcome: SendOutcome) => void;
  readonly #maxResponseBytes: number;
  readonly #startedAtMs = performance.now();
  readonly #deadline: NodeJS.Timeout;
  #slot: ExchangeSlot | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #isSettled = false;
  #statusCode = 0;
  #headers: Record<string, string | string[]> = {};
  #chunks: Buffer[] = [];
  #bodyBytes = 0;

  /** `deadlineMs` counts from now and covers everything until the last byte of the response. */
  constructor(
    settle: (outcome: SendOutcome) => void,
    deadlineMs: number,
    maxResponseBytes: number,
  ) {
    this.#settle = settle;
    this.#maxResponseBytes = maxResponseBytes;
    // Measured at 0.2–0.4 µs set and cleared: Node keeps one list per distinct duration, so this
    // is the shared timer already. An AbortSignal.timeout costs 13–20 µs.
    this.#deadline = setTimeout(onDeadline, deadlineMs, this, deadlineMs);
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  occupy(slot: ExchangeSlot): void {
    this.#slot = slot;
  }

  /** Settles as failed and stops whatever is under way. */
  abort(error: SendError): void {
    this.#fail(describeError(error));
    if (this.#controller) this.#controller.abort(error);
    else this.#slot?.abortConnecting(error);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isSettled) controller.abort(new SendError('cancelled', 'already settled'));
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    statusCode: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (statusCode < 200) return;
    this.#statusCode = statusCode;
    this.#headers = headers as Record<string, string | string[]>;
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const room = this.#maxResponseBytes - this.#bodyBytes;
    this.#bodyBytes += chunk.length;
    if (chunk.length <= room) {
      this.#chunks.push(chunk);
      return;
    }
    this.#chunks.push(chunk.subarray(0, room));
    this.#respond(true);
    controller.abort(new SendError('too_large', 'the rest of the response is not read'));
  }

  onResponseEnd(): void {
    this.#respond(false);
    this.#release();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (!this.#isSettled) {
      const failure = describeError(error);
      const isBroken = failure.kind === 'unreachable';
      if (isBroken && this.#statusCode === 0 && this.#slot?.resend()) {
        this.#controller = undefined;
        return;
      }
      this.#fail(isBroken && this.#statusCode !== 0 ? INCOMPLETE : failure);
    }
    this.#release();
  }

  #respond(isBodyTruncated: boolean): void {
    if (this.#isSettled) return;
    this.#finish({
      kind: 'responded',
      statusCode: this.#statusCode,
      headers: this.#headers,
      body: this.#chunks.length === 0 ? '' : bodyText(this.#chunks, isBodyTruncated),
      isBodyTruncated,
      durationMs: this.#elapsedMs(),
    });
  }

  #fail(failure: Omit<SendFailure, 'durationMs'>): void {
    if (!this.#isSettled) this.#finish({ ...failure, durationMs: this.#elapsedMs() });
  }

  #finish(outcome: SendOutcome): void {
    this.#isSettled = true;
    clearTimeout(this.#deadline);
    this.#chunks = [];
    this.#settle(outcome);
  }

  #elapsedMs(): number {
    return Math.round(performance.now() - this.#startedAtMs);
  }

  #release(): void {
    const slot = this.#slot;
    this.#slot = undefined;
    slot?.release();
  }
}

function onDeadline(exchange: Exchange, deadlineMs: number): void {
  exchange.abort(new SendError('timed_out', `no complete response within ${deadlineMs} ms`));
}

/** PostgreSQL's text cannot hold NUL; a character cut by the cap is left out. */
function bodyText(chunks: Buffer[], isTruncated: boolean): string {
  const bytes = (chunks.length === 1 ? chunks[0] : undefined) ?? Buffer.concat(chunks);
  const text = isTruncated
    ? new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes, { stream: true })
    : bytes.toString('utf8');
  return text.includes('\0') ? text.replaceAll('\0', '') : text;
}
