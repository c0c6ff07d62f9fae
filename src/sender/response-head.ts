import { SendError } from './outcome.ts';

export type ResponseHeaders = Record<string, string | string[]>;

/** How the end of a body is found. */
export type Framing =
  | { kind: 'length'; bytes: number }
  | { kind: 'chunked' }
  | { kind: 'until_close' };

const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const STATUS_LINE = /^HTTP\/1\.([0-9])[ \t]+([0-9]{3})(?:[ \t].*)?$/;
const DIGITS = /^[0-9]{1,15}$/;
const SWITCHING_PROTOCOLS = 101;
const SHOWN_CHARACTERS = 80;
const CARRIAGE_RETURN = 13;
const LINE_FEED = 10;
const LETTER_H = 72;

/** Without what objects are born with: a receiver may name a field `constructor`. */
function noHeaders(): ResponseHeaders {
  return Object.create(null);
}

/**
 * The status line and the fields of one response, line by line. It takes what other clients take,
 * because a 2xx that is not understood is sent again: 1xx that nobody asked for (RFC 9110 §15.2),
 * folded fields (RFC 9112 §5.2), a bare LF (§2.2), lines that are no field. What is outside of the
 * rules makes the answer a lenient one, whose connection is not used again: nothing of it can be
 * taken for the answer to another delivery.
 */
export class ResponseHead {
  statusCode = 0;
  headers: ResponseHeaders = noHeaders();
  /** What was passed over, for a person. */
  oddity: string | undefined;
  isLenient = false;
  /** The status line has been read, of the answer and not of what goes before it. */
  hasStatus = false;
  isComplete = false;
  #isHttp10 = false;
  #lastName: string | undefined;
  #rest = '';
  #bytes = 0;
  #isBegun = false;
  #isInFields = false;
  readonly #maxBytes: number;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * Reads lines from `at` on, and returns where it stopped.
   *
   * @throws SendError when it is no HTTP or larger than is read
   */
  read(chunk: Buffer, at: number): number {
    if (!this.#isBegun) at = this.#begin(chunk, at);
    let position = at;
    while (!this.isComplete && position < chunk.length) {
      const lineFeed = chunk.indexOf(LINE_FEED, position);
      const end = lineFeed === -1 ? chunk.length : lineFeed;
      this.#bytes += end - position + 1;
      if (this.#bytes > this.#maxBytes) {
        throw new SendError('too_large', 'the response headers are too large');
      }
      this.#rest += chunk.toString('latin1', position, end);
      if (lineFeed === -1) return chunk.length;
      const line = this.#rest;
      this.#rest = '';
      position = lineFeed + 1;
      this.#takeLine(line);
    }
    return position;
  }

  isLarge(bytes: number): boolean {
    return this.#bytes > bytes;
  }

  /** RFC 9112 §9.3, as far as the head can tell. */
  get isPersistent(): boolean {
    const value = this.headers['connection'];
    if (value === 'keep-alive' || (value === undefined && !this.#isHttp10)) return true;
    const connection = listed(value);
    if (connection.includes('close')) return false;
    return !this.#isHttp10 || connection.includes('keep-alive');
  }

  /** How long the receiver keeps the connection, if it says so. */
  get keepAliveMs(): number | undefined {
    const value = this.headers['keep-alive'];
    const match = typeof value === 'string' ? /timeout\s*=\s*"?(\d{1,6})/i.exec(value) : null;
    return match === null ? undefined : Number(match[1]) * 1_000;
  }

  /** @throws SendError when two lengths contradict each other, as a smuggled answer's do */
  get framing(): Framing {
    const { 'transfer-encoding': transferEncoding, 'content-length': contentLength } = this.headers;
    if (this.statusCode === 204 || this.statusCode === 304) {
      // What such an answer says of a body may follow it, and be taken for the next one's.
      const isEmpty =
        transferEncoding === undefined &&
        (this.statusCode === 304 || contentLength === undefined || contentLength === '0');
      if (!isEmpty) this.#tolerate('it announces a body that its status does not allow');
      return { kind: 'length', bytes: 0 };
    }
    if (transferEncoding !== undefined) {
      if (contentLength !== undefined) {
        throw invalid('it has both Transfer-Encoding and Content-Length');
      }
      return listed(transferEncoding).at(-1) === 'chunked'
        ? { kind: 'chunked' }
        : { kind: 'until_close' };
    }
    if (contentLength === undefined) return { kind: 'until_close' };
    if (typeof contentLength === 'string' && DIGITS.test(contentLength)) {
      return { kind: 'length', bytes: Number(contentLength) };
    }
    const [length = '', ...others] = listed(contentLength);
    if (!DIGITS.test(length) || others.some((other) => other !== length)) {
      throw invalid(`its Content-Length is ${quoted(String(contentLength))}`);
    }
    if (others.length > 0) this.#tolerate('Content-Length is given twice');
    return { kind: 'length', bytes: Number(length) };
  }

  /** What cannot become a status line is told at once: the other side may be waiting for us. */
  #begin(chunk: Buffer, at: number): number {
    while (chunk[at] === CARRIAGE_RETURN || chunk[at] === LINE_FEED) at += 1;
    if (at === chunk.length) return at;
    this.#isBegun = true;
    if (chunk[at] === LETTER_H) return at;
    const start = chunk.subarray(at, at + 9);
    if (start[0] === 0x15 && start[1] === 3) {
      throw new SendError('protocol', 'the receiver speaks TLS on this port: use https');
    }
    if (start.length === 9 && start[0] === 0 && start[3] === 4) {
      throw new SendError('protocol', 'the receiver speaks HTTP/2 only, and HTTP/1.1 is needed');
    }
    const [line = ''] = chunk
      .subarray(at, at + 2 * SHOWN_CHARACTERS)
      .toString('latin1')
      .split(/\r?\n/, 1);
    throw invalid(`it begins with ${quoted(line)}`);
  }

  #takeLine(raw: string): void {
    let line = raw;
    if (raw.charCodeAt(raw.length - 1) === CARRIAGE_RETURN) line = raw.slice(0, -1);
    else this.#tolerate('lines end without CR');
    if (!this.#isInFields) this.#takeStatus(line);
    else if (line !== '') this.#takeField(line);
    else if (this.hasStatus) this.isComplete = true;
    else this.#awaitNext();
  }

  #takeStatus(line: string): void {
    if (line === '') return;
    const match = STATUS_LINE.exec(line);
    if (match === null) throw invalid(`its first line is ${quoted(line)}`);
    this.#isHttp10 = match[1] === '0';
    this.statusCode = Number(match[2]);
    if (this.statusCode === SWITCHING_PROTOCOLS) {
      throw new SendError('protocol', 'the response is a 101, though no upgrade was asked for');
    }
    this.hasStatus = this.statusCode < 100 || this.statusCode > 199;
    this.#isInFields = true;
  }

  /** An interim response is over, and the answer is still to come. */
  #awaitNext(): void {
    this.#isInFields = false;
    this.#lastName = undefined;
    this.#bytes = 0;
    this.headers = noHeaders();
  }

  #takeField(line: string): void {
    const first = line.charCodeAt(0);
    if (first === 32 || first === 9) return this.#continueField(line);
    const colon = line.indexOf(':');
    const written = colon === -1 ? '' : line.slice(0, colon);
    const name = written.trimEnd().toLowerCase();
    if (!NAME.test(name)) {
      this.#lastName = undefined;
      return this.#tolerate(`a line is no header field: ${quoted(line)}`);
    }
    if (name.length < written.length) this.#tolerate('a space stands before a colon');
    this.#lastName = name;
    this.#set(name, this.#clean(line.slice(colon + 1)));
  }

  #set(name: string, value: string): void {
    const existing = this.headers[name];
    if (existing === undefined) this.headers[name] = value;
    else if (typeof existing === 'string') this.headers[name] = [existing, value];
    else existing.push(value);
  }

  #continueField(line: string): void {
    this.#tolerate('a header field is folded');
    const name = this.#lastName;
    const existing = name === undefined ? undefined : this.headers[name];
    if (name === undefined || existing === undefined) return;
    const more = this.#clean(line);
    if (typeof existing === 'string') this.headers[name] = `${existing} ${more}`.trim();
    else existing.push(`${existing.pop() ?? ''} ${more}`.trim());
  }

  /** RFC 9110 §5.5: CR and NUL are replaced, or the message refused. */
  #clean(value: string): string {
    const trimmed = value.trim();
    if (!/[\0\r]/.test(trimmed)) return trimmed;
    this.#tolerate('a header field holds CR or NUL');
    return trimmed.replaceAll(/[\0\r]/g, ' ');
  }

  #tolerate(oddity: string): void {
    this.isLenient = true;
    this.oddity ??= oddity;
  }
}

function invalid(reason: string): SendError {
  return new SendError('protocol', `the response is not valid HTTP/1.1: ${reason}`);
}

function quoted(text: string): string {
  const shown = text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
  return JSON.stringify(shown);
}

/** The elements of a comma-separated list over all its lines, in lower case. */
function listed(value: string | string[] | undefined): string[] {
  if (value === undefined) return [];
  const text = typeof value === 'string' ? value : value.join(',');
  return text
    .toLowerCase()
    .split(',')
    .map((element) => element.trim())
    .filter((element) => element !== '');
}
