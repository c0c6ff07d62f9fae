import fc from 'fast-check';
import t from 'tap';
import { itemSpans, memberSpans, type Span } from '../../src/accept/json-span.ts';
import { cpuMsOf } from '../helpers/cpu.ts';

const cut = (text: string, span: Span | undefined): string | undefined =>
  span && text.slice(span.start, span.end);

/** JSON text as somebody might write it: any white space, any escape, any number. */
const space = fc.string({ unit: fc.constantFrom(' ', '\n', '\r', '\t'), maxLength: 3 });

const stringText = fc
  .array(
    fc.oneof(
      fc
        .string({ unit: 'binary', maxLength: 4 })
        .map((plain) => JSON.stringify(plain).slice(1, -1)),
      fc.constantFrom(
        '\\"',
        '\\\\',
        '\\/',
        '\\b',
        '\\n',
        '\\u0000',
        '\\u001e',
        '\\ud83d\\ude00',
        '\\ud800',
        '{',
        '}',
        '[',
        ']',
        ',',
        ':',
        '\\\\\\"',
        '😀',
      ),
    ),
    { maxLength: 6 },
  )
  .map((parts) => `"${parts.join('')}"`);

const scalarText = fc.oneof(
  stringText,
  fc.constantFrom(
    'true',
    'false',
    'null',
    '0',
    '-0',
    '1e400',
    '12345678901234567890.10',
    '-1.5E+3',
    '1E-7',
  ),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => JSON.stringify(number)),
);

const padded = (text: fc.Arbitrary<string>) =>
  fc
    .tuple(space, text, space)
    .map(([before, inner, after]) => ({ text: inner, padded: before + inner + after }));

const members = (value: fc.Arbitrary<string>) =>
  fc.array(fc.record({ name: padded(stringText), value: padded(value) }), { maxLength: 5 });
const items = (value: fc.Arbitrary<string>) => fc.array(padded(value), { maxLength: 5 });

const writeMembers = (
  list: { name: { padded: string }; value: { padded: string } }[],
  gap: string,
) => `{${list.map(({ name, value }) => `${name.padded}:${value.padded}`).join(',') || gap}}`;
const writeItems = (list: { padded: string }[], gap: string) =>
  `[${list.map((item) => item.padded).join(',') || gap}]`;

const { json } = fc.letrec<{ json: string }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4 },
    scalarText,
    fc.tuple(members(tie('json')), space).map(([list, gap]) => writeMembers(list, gap)),
    fc.tuple(items(tie('json')), space).map(([list, gap]) => writeItems(list, gap)),
  ),
}));

t.test('a member is cut out exactly as it stands', async (t) => {
  const text = ' {\n "a" : 1.10 ,"body":\t{ "z":1, "a" :[ "}" ,"\\"" ] } \n,"c":"x" } ';
  const spans = memberSpans(text);
  t.equal(cut(text, spans.get('a')), '1.10');
  t.equal(cut(text, spans.get('body')), '{ "z":1, "a" :[ "}" ,"\\"" ] }');
  t.equal(cut(text, spans.get('c')), '"x"');
  t.equal(spans.size, 3);
});

t.test('the last of duplicate names wins, however it is escaped', async (t) => {
  const text = '{"body":1,"b\\u006fdy":2}';
  t.equal(cut(text, memberSpans(text).get('body')), '2');
  t.equal(JSON.parse(text).body, 2);
});

t.test('names of Object.prototype are names like any other', async (t) => {
  const text = '{"__proto__":1,"constructor":2,"toString":3}';
  t.strictSame([...memberSpans(text).keys()], ['__proto__', 'constructor', 'toString']);
});

t.test('what is empty has no spans', async (t) => {
  t.equal(memberSpans('{ \n}').size, 0);
  t.strictSame(itemSpans(' [ ]'), []);
});

t.test('nesting as deep as a body can hold is walked without a stack', async (t) => {
  const deep = '['.repeat(500_000) + ']'.repeat(500_000);
  const text = `{"body":${deep}}`;
  t.ok(cut(text, memberSpans(text).get('body')) === deep);
});

t.test('a string of a megabyte of backslashes takes no longer than one of letters', async (t) => {
  const body = JSON.stringify('\\'.repeat(500_000));
  const text = `{"body":${body}}`;
  const tookMs = cpuMsOf(() => t.ok(cut(text, memberSpans(text).get('body')) === body));
  t.ok(tookMs < 2_000, `${tookMs} ms`);
});

t.test('an escaped quote costs no more than its own backslashes', async (t) => {
  const body = JSON.stringify('\\"'.repeat(200_000));
  const text = `{"body":${body}}`;
  const tookMs = cpuMsOf(() => t.ok(cut(text, memberSpans(text).get('body')) === body));
  t.ok(tookMs < 2_000, `${tookMs} ms`);
});

t.test('every member of any object is cut exactly and means what JSON.parse reads', async () => {
  fc.assert(
    fc.property(members(json), space, space, (list, before, after) => {
      const text = before + writeMembers(list, after) + after;
      const spans = memberSpans(text);
      const expected = new Map(
        list.map(({ name, value }) => [JSON.parse(name.text) as string, value.text]),
      );
      return (
        spans.size === expected.size &&
        [...expected].every(([name, value]) => cut(text, spans.get(name)) === value)
      );
    }),
    { numRuns: 300 },
  );
});

t.test('every item of any array is cut exactly, wherever the array stands', async () => {
  fc.assert(
    fc.property(items(json), space, fc.string(), (list, gap, before) => {
      const text = `${before}${gap}${writeItems(list, gap)}`;
      const spans = itemSpans(text, before.length);
      return (
        spans.length === list.length &&
        spans.every((span, index) => cut(text, span) === list[index]?.text)
      );
    }),
    { numRuns: 300 },
  );
});
