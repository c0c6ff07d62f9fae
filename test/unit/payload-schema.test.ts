import fc from 'fast-check';
import t from 'tap';
import { compileSchema, SchemaError } from '../../src/event-types/payload-schema.ts';
import { parseExact } from '../../src/json/exact-json.ts';

const compile = (schema: string) => compileSchema(parseExact(schema) as never);
const pass = (schema: string, text: string) => {
  const compiled = compile(schema);
  return compiled.findFaults(text, JSON.parse(text)).length === 0;
};

t.test(
  'every price from 0.01 to 10.00 is a multiple of 0.01, and none between two of them',
  async (t) => {
    const price = compile('{"properties":{"fare":{"multipleOf":0.01}}}');
    const faults = (fare: string) => price.findFaults(`{"fare":${fare}}`, { fare: Number(fare) });
    for (let cents = 1; cents <= 1_000; cents += 1) {
      t.strictSame(faults((cents / 100).toFixed(2)), []);
      t.strictSame(faults(`${(cents / 100).toFixed(2)}5`), [
        { pointer: '/fare', detail: 'must be multiple of 0.01' },
      ]);
    }
    t.ok(pass('{"multipleOf":0.1}', '2.3'));
    t.ok(pass('{"multipleOf":0.01}', '123456789012345678901234567890.12'));
    t.notOk(pass('{"multipleOf":0.01}', '123456789012345678901234567890.123'));
  },
);

const JUDGED: [schema: string, passes: string[], fails: string[]][] = [
  [
    '{"const":9007199254740992}',
    ['9007199254740992', '9007199254740992.0'],
    ['9007199254740993', '9007199254740991', '"9007199254740992"'],
  ],
  [
    '{"const":9007199254740993}',
    ['9007199254740993', '9007199254740993e0'],
    ['9007199254740992', '9007199254740994'],
  ],
  [
    '{"const":{"a":[9007199254740993]}}',
    ['{"a":[9007199254740993]}'],
    ['{"a":[9007199254740992]}', '{"a":[]}', '{"a":[9007199254740993],"b":1}'],
  ],
  [
    '{"enum":["a",null,9007199254740993]}',
    ['null', '"a"', '9007199254740993'],
    ['9007199254740992', '9007199254740994', '{}'],
  ],
  [
    '{"maximum":9223372036854775807}',
    ['9223372036854775807', '1', '-1e400'],
    ['9223372036854775808', '9223372036854775807.1', '1e400'],
  ],
  [
    '{"minimum":9007199254740992}',
    ['9007199254740992', '9007199254740993'],
    ['9007199254740991.9', '9007199254740991.99999999'],
  ],
  [
    '{"exclusiveMaximum":9007199254740993}',
    ['9007199254740992', '9007199254740992.9'],
    ['9007199254740993', '9007199254740994'],
  ],
  ['{"exclusiveMinimum":0.1}', ['0.10000000000000000001'], ['0.1', '0.1000']],
  [
    '{"type":"integer"}',
    ['9007199254740993', '1e400', '2.0'],
    ['9007199254740993.5', '1e-400', '1.5'],
  ],
  ['{"type":"number"}', ['9007199254740993.5', '1e400'], ['"1"', '{}']],
  [
    '{"uniqueItems":true}',
    ['[9007199254740993,9007199254740992]', '[1,"1",true]', '[{"a":1},{"a":2}]'],
    ['[9007199254740993,9007199254740993.0]', '[1,1.0]', '[{"a":1,"b":[2]},{"b":[2],"a":1}]'],
  ],
  ['{"uniqueItems":false}', ['[1,1]'], []],
  [
    '{"$ref":"#/$defs/id","$defs":{"id":{"const":9007199254740993}}}',
    ['9007199254740993'],
    ['9007199254740992'],
  ],
  [
    '{"properties":{"a/b":{"items":{"$ref":"#/$defs/id"}}},"$defs":{"id":{"const":9007199254740993}}}',
    ['{"a/b":[9007199254740993]}'],
    ['{"a/b":[9007199254740993,9007199254740992]}'],
  ],
  ['{"not":{"const":9007199254740993}}', ['9007199254740992'], ['9007199254740993']],
  ['{"contains":{"const":9007199254740993}}', ['[1,9007199254740993]'], ['[1,9007199254740992]']],
  [
    '{"additionalProperties":{"maximum":9007199254740993}}',
    ['{"a":9007199254740993}'],
    ['{"a":9007199254740994}'],
  ],
];

for (const [schema, passes, fails] of JUDGED) {
  t.test(`${schema} judges numbers as they are written`, async (t) => {
    for (const text of passes) t.ok(pass(schema, text), text);
    for (const text of fails) t.notOk(pass(schema, text), text);
  });
}

t.test('bounds and values agree with whole numbers of any size', async () => {
  const near = fc.bigInt(2n ** 53n - 4n, 2n ** 53n + 40n);
  fc.assert(
    fc.property(near, near, (limit, value) => {
      const text = String(value);
      return (
        pass(`{"maximum":${limit}}`, text) === value <= limit &&
        pass(`{"exclusiveMinimum":${limit}}`, text) === value > limit &&
        pass(`{"enum":[${limit}]}`, text) === (value === limit) &&
        pass('{"multipleOf":3}', text) === (value % 3n === 0n)
      );
    }),
    { numRuns: 100 },
  );
});

t.test('faults say the number as it was written', async (t) => {
  const faults = (schema: string, text: string) =>
    compile(schema).findFaults(text, JSON.parse(text));
  t.strictSame(
    faults('{"properties":{"id":{"maximum":9223372036854775807}}}', '{"id":9223372036854775808}'),
    [{ pointer: '/id', detail: 'must be <= 9223372036854775807' }],
  );
  t.strictSame(faults('{"enum":[1,9007199254740993]}', '2'), [
    { pointer: '', detail: 'must be one of 1, 9007199254740993' },
  ]);
  t.strictSame(faults('{"uniqueItems":true}', '[1,2,1]'), [
    { pointer: '', detail: 'must NOT have duplicate items (items ## 0 and 2 are identical)' },
  ]);
});

t.test('a count that nothing can reach is refused where it stands', async (t) => {
  t.throws(() => compile('{"properties":{"a":{"maxLength":9007199254740993}}}'), {
    name: SchemaError.name,
    faults: [{ pointer: '/properties/a/maxLength' }],
  });
});

t.test('a format that nobody knows judges nothing', async (t) => {
  t.ok(pass('{"properties":{"price":{"type":"string","format":"decimal"}}}', '{"price":"a lot"}'));
  t.notOk(pass('{"format":"uuid"}', '"a lot"'));
});

t.test('a payload that is cut off leaves nothing behind for the next', async (t) => {
  const schema = compile(
    '{"properties":{"a":{"const":9007199254740993},"b":{"pattern":"^(a+)+$"}}}',
  );
  const slow = JSON.stringify({ b: `${'a'.repeat(40)}b` }).replace('{', '{"a":9007199254740993,');
  t.strictSame(schema.findFaults(slow, JSON.parse(slow)), [
    { pointer: '', detail: 'could not be checked in time' },
  ]);
  await new Promise((resolve) => {
    setTimeout(resolve, 1_050);
  });
  t.match(schema.findFaults('{"a":1}', { a: 1 }), [{ pointer: '/a' }]);
  t.strictSame(schema.findFaults('{"a":9007199254740993}', { a: 2 ** 53 }), []);
});
