import { boundedCache } from './bounded-cache.ts';
import { SendError } from './outcome.ts';

/** Names and values alternating, or a record. */
export type RequestHeaders = string[] | Record<string, string>;

/** A request as it goes over the wire, for as often as it is sent. */
export interface RequestBytes {
  /** Request line and fields, up to what depends on the send. */
  head: string;
  /** One byte is one character, and UTF-8 the same as Latin-1. */
  isAscii: boolean;
  body: string | Buffer;
  bodyBytes: number;
}

/** On a second send within one attempt, so that the receiver can tell it from the first. */
export const SENDS_HEADER = 'posthorn-sends';

/** RFC 9110 §5.6.2 token. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const ASCII_VALUE = /^[\t\x20-\x7e]*$/;
/** RFC 9110 §5.5, obs-text included. */
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** What frames the request and governs the connection is written here and nowhere else. */
const FRAMING = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const names = boundedCache(10_000, (name) => {
  const lower = name.toLowerCase();
  let problem: string | undefined;
  if (!TOKEN.test(name)) problem = 'has a name that HTTP does not allow';
  else if (FRAMING.has(lower)) problem = 'is set by the connection';
  return { lower, problem };
});

class HeadBuilder {
  readonly #lowerNames: string[] = [];
  #hasUpperCase = false;
  isAscii = true;
  text: string;

  constructor(start: string) {
    this.text = start;
  }

  add(name: string, value: string): void {
    const { lower, problem } = names(name);
    if (problem !== undefined) throw unsendable(name, problem);
    if (!ASCII_VALUE.test(value)) {
      if (!FIELD_VALUE.test(value)) {
        throw unsendable(name, 'has a value with characters that HTTP does not allow');
      }
      this.isAscii = false;
    }
    if (lower !== name) this.#hasUpperCase = true;
    this.#lowerNames.push(lower);
    this.text += `${name}: ${value}\r\n`;
  }

  addDefault(name: string, value: string): void {
    if (!this.#lowerNames.includes(name)) this.add(name, value);
  }

  /** Frameworks differ in which of two lines they believe. */
  refuseRepeated(isList: boolean): void {
    if (!this.#hasUpperCase && !isList) return;
    const repeated = this.#lowerNames.find((name, i, all) => all.indexOf(name) !== i);
    if (repeated !== undefined) throw unsendable(repeated, 'is given twice');
  }
}

/**
 * Always `Content-Length` and never chunked, since Django and Falcon on gunicorn see an empty body
 * then; never `Upgrade`, for which uvicorn does the same.
 *
 * @throws SendError when a header cannot be sent
 */
export function requestBytes(request: {
  host: string;
  path: string;
  headers: RequestHeaders;
  userAgent: string;
  body: string | Buffer;
}): RequestBytes {
  const { host, path, headers, body } = request;
  const head = new HeadBuilder(
    `POST ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: keep-alive\r\n`,
  );
  const isList = isFlatList(headers);
  if (isList) {
    for (let i = 0; i < headers.length; i += 2) head.add(headers[i] ?? '', headers[i + 1] ?? '');
  } else {
    for (const name of Object.keys(headers)) head.add(name, headers[name] ?? '');
  }
  head.refuseRepeated(isList);
  head.addDefault('content-type', 'application/json');
  head.addDefault('accept-encoding', 'identity');
  head.addDefault('user-agent', request.userAgent);
  const bodyBytes = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  return { head: head.text, isAscii: head.isAscii, body, bodyBytes };
}

/** The whole head of send number `sends`, counted from 1. */
export function headOf({ head, bodyBytes }: RequestBytes, sends: number): string {
  const resend = sends > 1 ? `${SENDS_HEADER}: ${sends}\r\n` : '';
  return `${head}${resend}content-length: ${bodyBytes}\r\n\r\n`;
}

function isFlatList(headers: RequestHeaders): headers is string[] {
  return Array.isArray(headers);
}

function unsendable(name: string, reason: string): SendError {
  const shown = JSON.stringify(name.slice(0, 100));
  return new SendError('internal', `the request cannot be sent: the header ${shown} ${reason}`, {
    isLasting: true,
  });
}
