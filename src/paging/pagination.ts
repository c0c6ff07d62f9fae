import { AppError } from '../base/errors.ts';

/**
 * The kinds of value a sort key may hold. A timestamp travels as text, as Postgres prints it:
 * a `Date` would lose its microseconds and with them the rows that share a millisecond.
 */
const PARTS = {
  uuid: (part: unknown) =>
    typeof part === 'string' &&
    /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/.test(part),
  timestamp: (part: unknown) =>
    typeof part === 'string' &&
    /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d(:?\d\d)?)$/.test(part) &&
    !Number.isNaN(Date.parse(part.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00'))),
  text: (part: unknown) => typeof part === 'string' && !part.includes('\0'),
  integer: (part: unknown) => Number.isSafeInteger(part),
} as const;

export type CursorPart = keyof typeof PARTS;
export type CursorKey = readonly (string | number)[];
type KeyOf<Parts extends readonly CursorPart[]> = {
  -readonly [Index in keyof Parts]: Parts[Index] extends 'integer' ? number : string;
};

const VERSION = 1;
const MAX_CURSOR_LENGTH = 512;

/** The sort key of a page's last row as an opaque cursor. */
export function encodeCursor(key: CursorKey): string {
  return Buffer.from(JSON.stringify([VERSION, ...key])).toString('base64url');
}

/**
 * The sort key inside `cursor`, each part checked to be of the kind named, so that nothing a
 * client invents reaches SQL. Throws AppError `invalid_cursor`.
 */
export function decodeCursor<const Parts extends readonly CursorPart[]>(
  cursor: string,
  parts: Parts,
): KeyOf<Parts> {
  const [version, ...key] = parseCursor(cursor);
  const isValid =
    version === VERSION &&
    key.length === parts.length &&
    parts.every((part, index) => PARTS[part](key[index]));
  if (!isValid) throw invalidCursor();
  return key as KeyOf<Parts>;
}

/** The id inside the cursor of a list that is ordered by id; undefined on the first page. */
export function decodeIdCursor(cursor: string | undefined): string | undefined {
  return cursor === undefined ? undefined : decodeCursor(cursor, ['uuid'])[0];
}

/**
 * One page of a list. `rows` were selected with `limit + 1`: the surplus row shows that there is
 * more and is not returned.
 */
export function page<Row>(
  rows: readonly Row[],
  limit: number,
  keyOf: (row: Row) => CursorKey,
): { data: Row[]; next_cursor: string | null } {
  const data = rows.slice(0, limit);
  const last = data.at(-1);
  const hasMore = rows.length > limit && last !== undefined;
  return { data, next_cursor: hasMore ? encodeCursor(keyOf(last)) : null };
}

function parseCursor(cursor: string): unknown[] {
  if (cursor.length > MAX_CURSOR_LENGTH) throw invalidCursor();
  const text = Buffer.from(cursor, 'base64url');
  // Decoding skips what is not base64url; only a cursor that encodes back to itself was ours.
  if (text.toString('base64url') !== cursor) throw invalidCursor();
  try {
    const value: unknown = JSON.parse(text.toString());
    return Array.isArray(value) ? value : [];
  } catch (cause) {
    throw invalidCursor(cause);
  }
}

function invalidCursor(cause?: unknown): AppError {
  return new AppError('invalid_cursor', 'The cursor is not one this list gave out.', {
    errors: [{ pointer: '/query/cursor', detail: 'must be a next_cursor of this list' }],
    cause,
  });
}
