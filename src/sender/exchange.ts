import { describeError, SendError } from './outcome.ts';
import type { FailureReason, SendOutcome } from './outcome.ts';
import type { RequestBytes } from './request-bytes.ts';
import { isCompressed, readCompressed, readContent } from './response-content.ts';
import type { ResponseContent } from './response-content.ts';
import { ResponseReader } from './response-reader.ts';

export interface ExchangeLimits {
  deadlineMs: number;
  maxResponseBytes: number;
  maxResponseHeaderBytes: number;
}

/** What an exchange holds while it runs: a connection, or the making of one. */
export interface ExchangeSlot {
  /** The exchange has settled; what is not reusable is closed. */
  finish(isReusable: boolean, keepAliveMs?: number): void;
}

/** The log keeps fields up to this size whole; it is what Node takes of a response at all. */
const WHOLE_FIELDS_BYTES = 16_384;
const CUT_FIELD_CHARACTERS = 1_024;

/**
 * One request and what comes back for it. A class because it is made once per delivery: shared
 * methods cost a fraction of a closure per callback.
 *
 * It settles once, with a value. Whatever ends it, a status that has arrived decides: the receiver
 * has said what it did, and an answer that is cut, stalled or malformed behind it only has a note.
 */
export class Exchange {
  readonly request: RequestBytes;
  readonly #settle: (outcome: SendOutcome) => void;
  readonly #limits: ExchangeLimits;
  readonly #startedAtMs = performance.now();
  readonly #deadline: NodeJS.Timeout;
  readonly #reader: ResponseReader;
  #slot: ExchangeSlot | undefined;
  #isSettled = false;
  /** How often the request was written to a connection. */
  sends = 0;

  /** The deadline counts from now and covers everything until the last byte of the response. */
  constructor(
    request: RequestBytes,
    limits: ExchangeLimits,
    settle: (outcome: SendOutcome) => void,
  ) {
    this.request = request;
    this.#settle = settle;
    this.#limits = limits;
    this.#reader = new ResponseReader(limits.maxResponseHeaderBytes, limits.maxResponseBytes);
    // Measured at 0.2–0.4 µs set and cleared: Node keeps one list per distinct duration, so this
    // is the shared timer already. An AbortSignal.timeout costs 13–20 µs.
    this.#deadline = setTimeout(onDeadline, limits.deadlineMs, this, limits.deadlineMs);
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** Not a byte has come back. */
  get isUnanswered(): boolean {
    return !this.#reader.hasBegun;
  }

  occupy(slot: ExchangeSlot): void {
    this.#slot = slot;
  }

  receive(chunk: Buffer): void {
    const reader = this.#reader;
    try {
      reader.read(chunk);
    } catch (error) {
      // A fault of ours after the status has arrived does not undo what the receiver has done.
      if (error instanceof SendError) this.#fail(describeError(error));
      else this.abort(describeError(error));
      return;
    }
    if (reader.isOver) this.#respond(reader.fault);
  }

  /** The receiver has ended the connection, or it broke. */
  lose(error: unknown): void {
    if (error === undefined) this.#reader.end();
    if (this.#reader.isComplete) return this.#respond();
    const reason =
      error === undefined
        ? { kind: 'unreachable' as const, message: 'the connection was closed without an answer' }
        : describeError(error);
    if (!this.#reader.hasBegun || this.#reader.head.hasStatus) return this.abort(reason);
    this.#fail({ kind: 'protocol', message: 'the response ended within its first line' });
  }

  /** Ends it, as failed unless there is a status. */
  abort(reason: FailureReason): void {
    if (this.#reader.head.hasStatus) this.#respond(reason.message);
    else this.#fail(reason);
  }

  #respond(missing?: string): void {
    if (this.#isSettled) return;
    const { head, chunks, isFull, isComplete, isReusable } = this.#reader;
    const maxBytes = this.#limits.maxResponseBytes;
    this.#end(isReusable);
    const isCut = isFull || !isComplete;
    const note =
      missing === undefined || isFull
        ? oddityNote(head.oddity)
        : `the answer is incomplete: ${missing}`;
    const answer = (content: ResponseContent): void =>
      this.#settle({
        kind: 'responded',
        statusCode: head.statusCode,
        headers: head.isLarge(WHOLE_FIELDS_BYTES) ? withCutFields(head.headers) : head.headers,
        body: content.body,
        isBodyTruncated: content.isBodyTruncated,
        ...(note !== undefined && { note }),
        sends: this.sends,
        durationMs: this.#elapsedMs(),
      });
    if (isCompressed(head.headers)) {
      void readCompressed(head.headers, chunks, isCut, maxBytes).then(answer);
    } else {
      answer(readContent(head.headers, chunks, isCut, maxBytes));
    }
  }

  #fail(reason: FailureReason): void {
    if (this.#isSettled) return;
    this.#end(false);
    this.#settle({ ...reason, sends: this.sends, durationMs: this.#elapsedMs() });
  }

  #end(isReusable: boolean): void {
    this.#isSettled = true;
    clearTimeout(this.#deadline);
    const slot = this.#slot;
    this.#slot = undefined;
    slot?.finish(isReusable, isReusable ? this.#reader.head.keepAliveMs : undefined);
  }

  #elapsedMs(): number {
    return Math.round(performance.now() - this.#startedAtMs);
  }
}

function onDeadline(exchange: Exchange, deadlineMs: number): void {
  exchange.abort(
    describeError(new SendError('timed_out', `no complete response within ${deadlineMs} ms`)),
  );
}

function oddityNote(oddity: string | undefined): string | undefined {
  return oddity === undefined ? undefined : `the answer is not valid HTTP/1.1: ${oddity}`;
}

function withCutFields(headers: Record<string, string | string[]>) {
  const cut = (value: string): string =>
    value.length > CUT_FIELD_CHARACTERS ? `${value.slice(0, CUT_FIELD_CHARACTERS)}…` : value;
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      typeof value === 'string' ? cut(value) : value.slice(0, 16).map(cut),
    ]),
  );
}
