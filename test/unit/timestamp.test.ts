import t from 'tap';
import { parseTimestamp } from '../../src/paging/timestamp.ts';

const parse = (text: string) => parseTimestamp(text, 'created_after').toISOString();

t.test('every way to write a time in RFC 3339 is read', async (t) => {
  for (const text of [
    '2025-11-22T14:50:12.345Z',
    '2025-11-22t14:50:12.345z',
    '2025-11-22 14:50:12.345Z',
    '2025-11-22T14:50:12.345678Z',
    '2025-11-22T15:50:12.345+01:00',
    '2025-11-22T15:50:12.345+0100',
    '2025-11-22T15:50:12.345+01',
    '2025-11-22T09:20:12.345-05:30',
  ]) {
    t.equal(parse(text), '2025-11-22T14:50:12.345Z', text);
  }
});

t.test('a leap second is the end of the second before it', async (t) => {
  t.equal(parse('2016-12-31T23:59:60Z'), '2016-12-31T23:59:59.999Z');
});

t.test('a time before 1970 is 1970: no id is older', async (t) => {
  t.equal(parse('0000-01-01T00:00:00Z'), '1970-01-01T00:00:00.000Z');
});

t.test('what is not a time is refused by the name of its parameter', async (t) => {
  for (const text of ['now', '2025-11-22', '2025-13-22T14:50:12Z', '']) {
    t.throws(
      () => parse(text),
      {
        code: 'invalid_request',
        errors: [{ pointer: '/query/created_after' }],
      },
      text,
    );
  }
});
