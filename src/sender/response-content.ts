import { isUtf8 } from 'node:buffer';
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import type { Transform } from 'node:stream';
import { TextDecoder } from 'node:util';

import type { ResponseHeaders } from './response-head.ts';

/** What is kept of a response's body. */
export interface ResponseContent {
  /** Text without NUL; what is no text in any known charset is a `data:` URL in base64. */
  body: string;
  isBodyTruncated: boolean;
}

interface Bytes {
  bytes: Buffer;
  /** More belongs to it than is there. */
  isCut: boolean;
}

const DEFAULT_TYPE = 'application/octet-stream';

/** Whether reading the body takes more than decoding UTF-8; that is asynchronous then. */
export function isCompressed(headers: ResponseHeaders): boolean {
  return headers['content-encoding'] !== undefined && codingsOf(headers).length > 0;
}

/** The body as text. */
export function readContent(
  headers: ResponseHeaders,
  chunks: Buffer[],
  isCut: boolean,
  maxBytes: number,
): ResponseContent {
  if (chunks.length === 0) return { body: '', isBodyTruncated: isCut };
  const bytes = (chunks.length === 1 ? chunks[0] : undefined) ?? Buffer.concat(chunks);
  return toText(headers, { bytes, isCut }, maxBytes);
}

/**
 * The body of an answer that came compressed although `identity` was asked for. What cannot be
 * decompressed is kept as it came.
 */
export async function readCompressed(
  headers: ResponseHeaders,
  chunks: Buffer[],
  isCut: boolean,
  maxBytes: number,
): Promise<ResponseContent> {
  let content: Bytes = { bytes: Buffer.concat(chunks), isCut };
  for (const coding of codingsOf(headers).reverse()) {
    if (content.bytes.length === 0) break;
    content = await decompress(coding, content, maxBytes);
  }
  return toText(headers, content, maxBytes);
}

function codingsOf(headers: ResponseHeaders): string[] {
  const value = headers['content-encoding'] ?? '';
  const text = typeof value === 'string' ? value : value.join(',');
  const codings = text.split(',').map((coding) => coding.trim().toLowerCase());
  return codings.filter((coding) => coding !== '' && coding !== 'identity').slice(0, 4);
}

function decompressorOf(coding: string, bytes: Buffer): Transform | undefined {
  switch (coding) {
    case 'gzip':
    case 'x-gzip':
      return createGunzip();
    case 'br':
      return createBrotliDecompress();
    case 'deflate':
      return isZlib(bytes) ? createInflate() : createInflateRaw();
    default:
      return undefined;
  }
}

/** RFC 9110 §8.4.1.2: deflate is the zlib format, and some send it without. */
function isZlib(bytes: Buffer): boolean {
  return bytes.length > 1 && ((bytes[0] ?? 0) & 15) === 8 && bytes.readUInt16BE(0) % 31 === 0;
}

/** Ends as soon as there is enough, so that a few bytes cannot become gigabytes. */
function decompress(coding: string, content: Bytes, maxBytes: number): Promise<Bytes> {
  const decompressor = decompressorOf(coding, content.bytes);
  if (decompressor === undefined) return Promise.resolve(content);
  const { promise, resolve } = Promise.withResolvers<Bytes>();
  const chunks: Buffer[] = [];
  let size = 0;
  const finish = (isCut: boolean): void => {
    decompressor.destroy();
    const bytes = Buffer.concat(chunks);
    resolve(size === 0 && isCut ? content : { bytes: bytes.subarray(0, maxBytes), isCut });
  };
  decompressor.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    size += chunk.length;
    if (size > maxBytes) finish(true);
  });
  decompressor.on('end', () => finish(content.isCut));
  decompressor.on('error', () => finish(true));
  decompressor.end(content.bytes);
  return promise;
}

/** PostgreSQL's text cannot hold NUL; a character cut by the cap is left out. */
function toText(headers: ResponseHeaders, { bytes, isCut }: Bytes, maxBytes: number) {
  const decoder = decoderOf(headers['content-type']);
  if (decoder === undefined && !isCut && isUtf8(bytes)) {
    const text = bytes.toString('utf8');
    return { body: text.includes('\0') ? text.replaceAll('\0', '') : text, isBodyTruncated: false };
  }
  try {
    const strict = decoder ?? new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    const text = strict.decode(bytes, { stream: isCut });
    return { body: text.replaceAll('\0', ''), isBodyTruncated: isCut };
  } catch {
    return asDataUrl(headers['content-type'], { bytes, isCut }, maxBytes);
  }
}

/** Undefined for UTF-8, and for what is not known. */
function decoderOf(contentType: string | string[] | undefined): TextDecoder | undefined {
  if (typeof contentType !== 'string') return undefined;
  const label = /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(contentType)?.[1];
  if (label === undefined || /^utf-?8$/i.test(label)) return undefined;
  try {
    return new TextDecoder(label, { fatal: true });
  } catch {
    return undefined;
  }
}

function asDataUrl(
  contentType: string | string[] | undefined,
  { bytes, isCut }: Bytes,
  maxBytes: number,
): ResponseContent {
  const [type = ''] = typeof contentType === 'string' ? contentType.split(';', 1) : [];
  const start = `data:${/^[\w.+-]{1,60}\/[\w.+-]{1,60}$/.test(type) ? type : DEFAULT_TYPE};base64,`;
  const room = Math.floor((maxBytes - start.length) / 4) * 3;
  const kept = bytes.subarray(0, Math.max(room, 0));
  return {
    body: start + kept.toString('base64'),
    isBodyTruncated: isCut || kept.length < bytes.length,
  };
}
