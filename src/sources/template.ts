import type { Reading } from './request.ts';
import { readValue } from './values.ts';

/**
 * What is signed, as kinds.yaml writes it: text, with these in it.
 *
 * - `{body}`, the bytes as they came; `{timestamp}`, the text of it; `{method}`
 * - `{url}`, and `{url-base}` without its query
 * - `{payload}`, the form field `payload` of a form or a query, else the body
 * - `{form-sorted}`, names and values of a form run together, in the order of the names
 * - any reference of values.ts, such as `{header:webhook-id}`
 */
export interface TemplateValues {
  reading: Reading;
  url: string;
  timestamp: string | undefined;
}

export type Filled = { parts: (string | Buffer)[] } | { missing: string };

const PLACEHOLDER = /\{([^{}]+)\}/;

/** The parts, not joined: a body of 25 MiB is not copied to be signed. */
export function fillTemplate(template: string, values: TemplateValues): Filled {
  const parts: (string | Buffer)[] = [];
  // Split by a pattern with a group: text and names take turns.
  for (const [index, piece] of template.split(PLACEHOLDER).entries()) {
    if (index % 2 === 0) {
      if (piece !== '') parts.push(piece);
      continue;
    }
    const value = valueOf(piece, values);
    if (value === undefined) return { missing: piece };
    parts.push(value);
  }
  return { parts };
}

export function joinParts(parts: readonly (string | Buffer)[]): Buffer {
  const [only] = parts;
  if (parts.length === 1 && Buffer.isBuffer(only)) return only;
  return Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
}

function valueOf(name: string, { reading, url, timestamp }: TemplateValues) {
  const { request } = reading;
  switch (name) {
    case 'body':
      return request.body;
    case 'timestamp':
      return timestamp;
    case 'method':
      return request.method;
    case 'url':
      return url;
    case 'payload':
      return payloadOf(reading);
    case 'form-sorted':
      return sortedForm(reading);
    default:
      return readValue(reading, name);
  }
}

function payloadOf(reading: Reading): string | Buffer | undefined {
  if (reading.request.method === 'GET') return reading.query('payload');
  return reading.contentType().startsWith('application/x-www-form-urlencoded')
    ? reading.field('payload')
    : reading.request.body;
}

/** A name sent several times counts once for each different value, in their order. */
function sortedForm(reading: Reading): string {
  return [...reading.form()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, values]) =>
      [...new Set(values)]
        .sort()
        .map((value) => name + value)
        .join(''),
    )
    .join('');
}
