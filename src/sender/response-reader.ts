import { ResponseHead } from './response-head.ts';
import type { Framing } from './response-head.ts';

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
/** Sizes of chunks in hex, with the spaces behind them that some servers pad them with. */
const CHUNK_SIZE = /^([0-9a-f]{1,12})([ \t]*)(?:;.*)?$/i;
const MAX_LINE_BYTES = 16_384;
const NOTHING: Framing = { kind: 'length', bytes: 0 };

/**
 * One response as its bytes arrive, in whatever pieces. Faults of the head are thrown; once there is
 * a status, faults of the body only end the reading, since the status has said what the receiver
 * did. Reads no further than `maxBodyBytes`.
 */
export class ResponseReader {
  readonly head: ResponseHead;
  /** Copies: what arrives is read into a buffer that all connections share. */
  readonly chunks: Buffer[] = [];
  /** Nothing of it is missing. */
  isComplete = false;
  /** There is more than is kept. */
  isFull = false;
  /** Why the body cannot be read on. */
  fault: string | undefined;
  /** Anything at all has arrived. */
  hasBegun = false;
  readonly #maxBodyBytes: number;
  #framing: Framing = NOTHING;
  #bodyBytes = 0;
  #hasExcess = false;
  #isLenient = false;
  #line = '';
  #chunkLeft = 0;
  #expects: 'size' | 'data' | 'data_end' | 'trailer' = 'size';

  constructor(maxHeaderBytes: number, maxBodyBytes: number) {
    this.head = new ResponseHead(maxHeaderBytes);
    this.#maxBodyBytes = maxBodyBytes;
  }

  /** There is nothing more to read, or nothing that is wanted. */
  get isOver(): boolean {
    return this.isComplete || this.isFull || this.fault !== undefined;
  }

  /** Its connection may carry another exchange. */
  get isReusable(): boolean {
    return (
      this.isComplete &&
      !this.isFull &&
      !this.#hasExcess &&
      !this.#isLenient &&
      !this.head.isLenient &&
      this.#framing.kind !== 'until_close' &&
      this.head.isPersistent
    );
  }

  /** @throws SendError when it is no response that can be understood */
  read(chunk: Buffer): void {
    this.hasBegun = true;
    let at = 0;
    if (!this.head.isComplete) {
      at = this.head.read(chunk, 0);
      if (!this.head.isComplete) return;
      this.#framing = this.head.framing;
      if (this.#framing.kind === 'length' && this.#framing.bytes === 0) this.isComplete = true;
    }
    this.#readBody(chunk, at);
  }

  /** The receiver has ended the connection in good order. */
  end(): void {
    if (this.head.isComplete && this.#framing.kind === 'until_close') this.isComplete = true;
  }

  #readBody(chunk: Buffer, start: number): void {
    let at = start;
    while (at < chunk.length && !this.isOver) {
      if (this.#framing.kind === 'chunked') at = this.#readChunked(chunk, at);
      else if (this.#framing.kind === 'until_close') at = this.#keep(chunk, at, chunk.length);
      else at = this.#readLength(chunk, at, this.#framing.bytes);
    }
    if (at < chunk.length) this.#hasExcess = true;
  }

  #readLength(chunk: Buffer, at: number, bytes: number): number {
    const end = this.#keep(chunk, at, at + bytes - this.#bodyBytes);
    if (this.#bodyBytes === bytes) this.isComplete = true;
    return end;
  }

  #readChunked(chunk: Buffer, at: number): number {
    if (this.#expects === 'data') {
      const before = this.#bodyBytes;
      const end = this.#keep(chunk, at, at + this.#chunkLeft);
      this.#chunkLeft -= this.#bodyBytes - before;
      if (this.#chunkLeft === 0) this.#expects = 'data_end';
      return end;
    }
    const lineFeed = chunk.indexOf(LINE_FEED, at);
    const end = lineFeed === -1 ? chunk.length : lineFeed;
    this.#line += chunk.toString('latin1', at, end);
    if (this.#line.length > MAX_LINE_BYTES) this.fault = 'a line between chunks is too long';
    if (lineFeed === -1) return end;
    const line = this.#line;
    this.#line = '';
    this.#takeLine(this.#withoutCr(line));
    return lineFeed + 1;
  }

  #takeLine(line: string): void {
    if (this.#expects === 'trailer') {
      if (line === '') this.isComplete = true;
      return;
    }
    if (this.#expects === 'data_end') {
      this.#expects = 'size';
      if (line !== '') this.fault = 'a chunk is longer than its size';
      return;
    }
    const match = CHUNK_SIZE.exec(line);
    if (match === null) {
      this.fault = `a chunk has no valid size: ${JSON.stringify(line.slice(0, 40))}`;
      return;
    }
    if (match[2] !== '') this.#isLenient = true;
    this.#chunkLeft = Number.parseInt(match[1] ?? '', 16);
    this.#expects = this.#chunkLeft === 0 ? 'trailer' : 'data';
  }

  #withoutCr(line: string): string {
    if (line.charCodeAt(line.length - 1) === CARRIAGE_RETURN) return line.slice(0, -1);
    this.#isLenient = true;
    return line;
  }

  /** Keeps what is between `at` and `end`, as far as it is there and there is room. */
  #keep(chunk: Buffer, at: number, end: number): number {
    const stop = Math.min(end, chunk.length);
    const room = this.#maxBodyBytes - this.#bodyBytes;
    this.#bodyBytes += stop - at;
    const kept = Math.min(stop, at + Math.max(room, 0));
    if (kept > at) this.chunks.push(Buffer.from(chunk.subarray(at, kept)));
    if (stop > kept) this.isFull = true;
    return stop;
  }
}
