import { multipartFields } from './multipart.ts';

/** What a provider sent, as it came. */
export interface SourceRequest {
  method: string;
  /** The address as the provider was given it, with the query of this call: some sign it. */
  url: string;
  /** Names and values in turn, as Node's `rawHeaders`. */
  headers: readonly string[];
  body: Buffer;
}

/** Views of a request, each made when it is first asked for. */
export interface Reading {
  request: SourceRequest;
  /** Values in the order they came. */
  headerValues(name: string): readonly string[];
  /** The value, or undefined when it is absent or sent twice with different values. */
  header(name: string): string | undefined;
  /** Values of all headers whose names start so. */
  headersStarting(prefix: string): readonly string[];
  query(name: string): string | undefined;
  /** Fields of a form, URL-encoded or multipart; empty when the body is none. */
  form(): ReadonlyMap<string, readonly string[]>;
  field(name: string): string | undefined;
  /** The body as JSON, or undefined. */
  json(): unknown;
  contentType(): string;
}

/** Providers' forms are short; millions of fields would be read before anything is verified. */
const MAX_FORM_BYTES = 4 * 1_024 * 1_024;

const READING = Symbol('reading');

/**
 * One reading for each request object, so that nothing is parsed twice. It is kept on the request: a
 * weak map costs the collector a third of the time that a request takes. A copy has it too, but it is
 * not that copy's.
 */
export function readRequest(request: SourceRequest & { [READING]?: Reading }): Reading {
  const known = request[READING];
  if (known !== undefined && known.request === request) return known;
  const reading = readingOf(request);
  request[READING] = reading;
  return reading;
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function readingOf(request: SourceRequest): Reading {
  const headers = headerMap(request.headers);
  const query = once(() => queryOf(request.url));
  const form = once(() => formOf(request.body, contentType()));
  const json = once(() => jsonOf(request.body));
  const headerValues = (name: string) => headers.get(name) ?? [];
  const contentType = () => (headerValues('content-type')[0] ?? '').toLowerCase();
  return {
    request,
    headerValues,
    header: (name) => onlyValue(headerValues(name)),
    headersStarting: (prefix) =>
      [...headers].flatMap(([name, values]) => (name.startsWith(prefix) ? values : [])),
    query: (name) => onlyValue(query().getAll(name)),
    form,
    field: (name) => onlyValue(form().get(name) ?? []),
    json,
    contentType,
  };
}

function once<Value>(make: () => Value): () => Value {
  let made: { value: Value } | undefined;
  return () => (made ??= { value: make() }).value;
}

function onlyValue(values: readonly string[]): string | undefined {
  const [first] = values;
  return values.every((value) => value === first) ? first : undefined;
}

function headerMap(raw: readonly string[]): Map<string, string[]> {
  const headers = new Map<string, string[]>();
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = (raw[index] ?? '').toLowerCase();
    const value = raw[index + 1] ?? '';
    const values = headers.get(name);
    if (values === undefined) headers.set(name, [value]);
    else values.push(value);
  }
  return headers;
}

function queryOf(url: string): URLSearchParams {
  const start = url.indexOf('?');
  return new URLSearchParams(start === -1 ? '' : url.slice(start + 1).replace(/#.*$/s, ''));
}

function formOf(body: Buffer, contentType: string): ReadonlyMap<string, readonly string[]> {
  if (contentType.startsWith('multipart/form-data')) return multipartFields(body);
  const fields = new Map<string, string[]>();
  const isForm = contentType.startsWith('application/x-www-form-urlencoded');
  if (!isForm || body.length > MAX_FORM_BYTES) return fields;
  for (const [name, value] of new URLSearchParams(body.toString('utf8'))) {
    const values = fields.get(name);
    if (values === undefined) fields.set(name, [value]);
    else values.push(value);
  }
  return fields;
}

/** Whatever the content type: SNS sends JSON as text/plain, others with types of their own. */
function jsonOf(body: Buffer): unknown {
  const start = body.subarray(0, 64).toString('latin1').trimStart()[0];
  return start === '{' || start === '[' || start === '\u00ef'
    ? parseJson(body.toString('utf8').replace(/^\ufeff/, ''))
    : undefined;
}
