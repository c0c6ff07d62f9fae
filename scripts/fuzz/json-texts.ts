import fc from 'fast-check';

/** JSON as hostile or careless writers put it: any spacing, escapes, numbers, names, nesting. */
const space = fc.string({ unit: fc.constantFrom(' ', '\n', '\r', '\t'), maxLength: 2 });

const stringText = fc
  .array(
    fc.oneof(
      fc
        .string({ unit: 'binary', maxLength: 8 })
        .map((plain) => JSON.stringify(plain).slice(1, -1)),
      fc.constantFrom(
        '\\u0000',
        '\\u001e',
        '\\ud800',
        '\\udfff\\ud800',
        '\\ud83d\\ude00',
        '\\/',
        '\\"',
        '\\\\',
        '\u2028',
        '\u202e',
        '\u007f',
        'é',
        'e\u0301',
        '😀',
        '\ufeff',
        '\uffff',
      ),
    ),
    { maxLength: 6 },
  )
  .map((parts) => `"${parts.join('')}"`);

const nameText = fc.oneof(
  stringText,
  fc
    .constantFrom('__proto__', 'constructor', 'toString', '', 'payload', 'body', 'event_type')
    .map((name) => JSON.stringify(name)),
);

const numberText = fc.oneof(
  fc.constantFrom(
    '0',
    '-0',
    '0.0',
    '-0.0e-0',
    '1e400',
    '-1E+400',
    '1e-400',
    '9007199254740993',
    '123456789012345678901234567890.10',
    `1${'0'.repeat(300)}`,
    `0.${'0'.repeat(300)}1`,
  ),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => JSON.stringify(number)),
);

const deepText = fc
  .tuple(fc.integer({ min: 65, max: 2_000 }), fc.boolean())
  .map(([depth, isArray]) =>
    isArray
      ? '['.repeat(depth) + ']'.repeat(depth)
      : '{"a":'.repeat(depth) + '0' + '}'.repeat(depth),
  );

/** Any JSON text, without white space around it. */
export const { jsonText } = fc.letrec<{ jsonText: string }>((tie) => {
  const padded = fc.tuple(space, tie('jsonText'), space).map((parts) => parts.join(''));
  const member = fc
    .tuple(space, nameText, space, padded)
    .map(([a, name, b, value]) => `${a}${name}${b}:${value}`);
  return {
    jsonText: fc.oneof(
      { maxDepth: 5, withCrossShrink: true },
      fc.oneof(stringText, numberText, fc.constantFrom('true', 'false', 'null', '{ }', '[\n]')),
      { arbitrary: deepText, weight: 1 },
      {
        arbitrary: fc.array(member, { maxLength: 5 }).map((list) => `{${list.join(',')}}`),
        weight: 4,
      },
      {
        arbitrary: fc.array(padded, { maxLength: 5 }).map((list) => `[${list.join(',')}]`),
        weight: 3,
      },
    ),
  };
});

/** Bytes that are nearly JSON: cut short, with a byte changed, doubled, or in another encoding. */
export const brokenJson: fc.Arbitrary<Buffer> = fc.oneof(
  fc.tuple(jsonText, fc.nat()).map(([text, at]) => Buffer.from(text.slice(0, at % text.length))),
  fc.tuple(jsonText, fc.nat(), fc.integer({ min: 0, max: 255 })).map(([text, at, byte]) => {
    const bytes = Buffer.from(text);
    bytes[at % bytes.length] = byte;
    return bytes;
  }),
  jsonText.map((text) => Buffer.from(`${text} ${text}`)),
  jsonText.map((text) => Buffer.from(text, 'utf16le')),
  jsonText.map((text) => Buffer.from(`\ufeff${text}`)),
  fc.constantFrom('[', '{"a":', '"').map((open) => Buffer.from(open.repeat(100_000))),
  fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
);
