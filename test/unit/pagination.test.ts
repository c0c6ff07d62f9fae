import fc from 'fast-check';
import t from 'tap';

import { AppError } from '../../src/base/errors.ts';
import { decodeCursor, encodeCursor, page } from '../../src/paging/pagination.ts';

const ID = '019aa089-9af2-7c31-8a5e-2f0d6c1b7e94';

t.test('a cursor gives back its key at full precision', async (t) => {
  const key = ['2025-11-22 14:50:12.345678+00', ID];
  t.strictSame(decodeCursor(encodeCursor(key), ['timestamp', 'uuid']), key);
  fc.assert(
    fc.property(fc.stringMatching(/^[^\0]{0,80}$/u), fc.maxSafeInteger(), fc.uuid(), (...parts) => {
      t.strictSame(decodeCursor(encodeCursor(parts), ['text', 'integer', 'uuid']), parts);
    }),
    { numRuns: 50 },
  );
});

t.test('a cursor not given out is 400 invalid_cursor', async (t) => {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const cursors = [
    '',
    'x',
    'not a cursor',
    `${encodeCursor([ID])}=`,
    ` ${encodeCursor([ID])}`,
    encode(null),
    encode({}),
    encode([2, ID]),
    encode([1]),
    encode([1, ID, ID]),
    encode([1, ID.toUpperCase()]),
    encode([1, `${ID}\n`]),
    encode([1, null]),
    encode([1, [ID]]),
    encode([1, 'x'.repeat(2000)]),
  ];
  for (const cursor of cursors) {
    t.throws(() => decodeCursor(cursor, ['uuid']), { code: 'invalid_cursor' });
  }
  t.throws(() => decodeCursor(encode([1, '2025-13-45 99:00:00Z']), ['timestamp']), AppError);
  t.throws(() => decodeCursor(encode([1, 'a\0']), ['text']), AppError);
  t.throws(() => decodeCursor(encode([1, 1.5]), ['integer']), AppError);
});

t.test('no text, however odd, decodes to anything but a key or invalid_cursor', async (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (cursor) => {
      t.throws(() => decodeCursor(cursor, ['uuid']), { code: 'invalid_cursor' });
    }),
  );
});

t.test('a page has a next cursor only while there is more', async (t) => {
  const rows = [{ id: 3 }, { id: 2 }, { id: 1 }];
  const keyOf = ({ id }: { id: number }) => [id];
  const first = { data: [{ id: 3 }, { id: 2 }], next_cursor: encodeCursor([2]) };
  t.strictSame(page(rows, 2, keyOf), first);
  t.strictSame(page(rows, 3, keyOf), { data: rows, next_cursor: null });
  t.strictSame(page([], 3, keyOf), { data: [], next_cursor: null });
});
