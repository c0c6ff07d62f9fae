/** Where a value stands in a JSON text: `text.slice(start, end)` is the value as it was sent. */
export type Span = { readonly start: number; readonly end: number };

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/**
 * The spans of an object's members by name. The last of duplicate names wins, as in `JSON.parse`.
 *
 * @param text a valid JSON text, or a part of one; what is not valid gives meaningless spans
 * @param start where the object begins; white space before it is skipped
 */
export function memberSpans(text: string, start = 0): Map<string, Span> {
  const spans = new Map<string, Span>();
  let at = skipSpace(text, skipSpace(text, start) + 1);
  while (text.charCodeAt(at) !== CLOSE_OBJECT) {
    const nameEnd = skipString(text, at);
    const name = String(JSON.parse(text.slice(at, nameEnd)));
    const valueStart = skipSpace(text, skipSpace(text, nameEnd) + 1);
    const valueEnd = skipValue(text, valueStart);
    spans.set(name, { start: valueStart, end: valueEnd });
    at = nextItem(text, valueEnd);
  }
  return spans;
}

/** The spans of an array's items, under the conditions of {@link memberSpans}. */
export function itemSpans(text: string, start = 0): Span[] {
  const spans: Span[] = [];
  let at = skipSpace(text, skipSpace(text, start) + 1);
  while (text.charCodeAt(at) !== CLOSE_ARRAY) {
    const end = skipValue(text, at);
    spans.push({ start: at, end });
    at = nextItem(text, end);
  }
  return spans;
}

function nextItem(text: string, end: number): number {
  const at = skipSpace(text, end);
  return text.charCodeAt(at) === COMMA ? skipSpace(text, at + 1) : at;
}

function skipSpace(text: string, start: number): number {
  let at = start;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return at;
    at += 1;
  }
}

/** The index after the closing quote of the string that begins at `start`. */
function skipString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end + 1;
}

function isEscaped(text: string, quote: number): boolean {
  let slashes = 0;
  while (text.charCodeAt(quote - 1 - slashes) === BACKSLASH) slashes += 1;
  return slashes % 2 === 1;
}

function skipValue(text: string, start: number): number {
  const first = text.charCodeAt(start);
  if (first === QUOTE) return skipString(text, start);
  if (first === OPEN_OBJECT || first === OPEN_ARRAY) return skipNested(text, start);
  return skipScalar(text, start);
}

function skipNested(text: string, start: number): number {
  let depth = 0;
  for (let at = start; ; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = skipString(text, at) - 1;
    else if (code === OPEN_OBJECT || code === OPEN_ARRAY) depth += 1;
    else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
}

/** A number or a literal ends where structure or white space begins, or with the text. */
function skipScalar(text: string, start: number): number {
  for (let at = start; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (
      code === COMMA ||
      code === COLON ||
      code === CLOSE_ARRAY ||
      code === CLOSE_OBJECT ||
      code <= 0x20
    ) {
      return at;
    }
  }
  return text.length;
}
