import fc from 'fast-check';
import t from 'tap';
import { isEventType, readPayload, statedEventType } from '../../src/accept/payload.ts';

t.test('any JSON value is a payload, its text the bytes received', async (t) => {
  for (const text of [
    '{"b":1,"a":1.0,"b":12345678901234567890}',
    '[]',
    '"x"',
    '0',
    'null',
    ' {"a":"\\u0000"}\n',
  ]) {
    const payload = readPayload(Buffer.from(text));
    t.match(payload, { ok: true, text });
  }
});

t.test('what is not UTF-8 is refused', async (t) => {
  for (const bytes of [
    [0xff],
    [0x22, 0xc3, 0x22],
    [0x22, 0xed, 0xa0, 0x80, 0x22],
    [0x22, 0xc0, 0x80, 0x22],
  ]) {
    t.strictSame(readPayload(Buffer.from(bytes)), { ok: false, fault: 'not_utf8' });
  }
  const utf16 = Buffer.from('\ufeff{"a":1}', 'utf16le');
  t.strictSame(readPayload(utf16), { ok: false, fault: 'not_utf8' });
});

t.test('a byte-order mark is refused', async (t) => {
  t.strictSame(readPayload(Buffer.from('\ufeff{"a":1}')), { ok: false, fault: 'byte_order_mark' });
});

t.test('what is not JSON is refused', async (t) => {
  for (const text of [
    '',
    ' ',
    '{',
    '{"a":1,}',
    "{'a':1}",
    'undefined',
    'NaN',
    '{"a":"\u0000"}',
    '{} {}',
    '01',
  ]) {
    t.strictSame(
      readPayload(Buffer.from(text)),
      { ok: false, fault: 'not_json' },
      JSON.stringify(text),
    );
  }
});

t.test('bytes are a payload exactly when a strict decoder and JSON.parse take them', async () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 8 }).map((array) => Buffer.from(array)),
    fc.json().map((text) => Buffer.from(text)),
    fc.tuple(fc.json(), fc.nat(), fc.nat({ max: 255 })).map(([text, at, byte]) => {
      const buffer = Buffer.from(text);
      buffer[at % buffer.length] = byte;
      return buffer;
    }),
  );
  fc.assert(
    fc.property(bytes, (buffer) => {
      const payload = readPayload(buffer);
      let isFine = !buffer.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf]));
      try {
        JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(buffer));
      } catch {
        isFine = false;
      }
      return payload.ok === isFine && (!payload.ok || Buffer.from(payload.text).equals(buffer));
    }),
    { numRuns: 500 },
  );
});

t.test('an object states its type in event_type, else in event', async (t) => {
  t.strictSame(statedEventType({ event_type: 'a.b', event: 'c' }), {
    eventType: 'a.b',
    member: 'event_type',
  });
  t.strictSame(statedEventType({ event: 'order:created/v1-2_x' }), {
    eventType: 'order:created/v1-2_x',
    member: 'event',
  });
  t.equal(statedEventType({ event_type: 7, event: 'c' })?.eventType, 'c');
  for (const value of [
    null,
    1,
    'event',
    [],
    ['event'],
    {},
    { event: '' },
    { event: 'a b' },
    { event: { event: 'a' } },
  ]) {
    t.equal(statedEventType(value), undefined);
  }
});

t.test('an event type is 1 to 128 letters, digits or ._:/-', async (t) => {
  for (const good of ['a', 'order.created', 'A_b:c/d-9', 'x'.repeat(128)]) t.ok(isEventType(good));
  for (const bad of ['', 'x'.repeat(129), 'a b', 'a*', 'ä', 'a\n', 'a,b'])
    t.notOk(isEventType(bad), JSON.stringify(bad));
});
