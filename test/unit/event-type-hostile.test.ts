import fc from 'fast-check';
import t from 'tap';
import { findBreakingChanges } from '../../src/event-types/compatibility.ts';
import {
  DocumentError,
  readWebhooks,
  writeWebhooks,
} from '../../src/event-types/openapi-webhooks.ts';
import { compileSchema, SchemaError } from '../../src/event-types/payload-schema.ts';
import { findSchemaFaults } from '../../src/event-types/schema-rules.ts';
import { TimeBoxError, withinMs } from '../../src/event-types/time-box.ts';
import { declareTypes } from '../../src/event-types/typescript.ts';

/** Schemas that are mostly right, and wrong in every way in which JSON can be. */
const { schema } = fc.letrec((tie) => {
  const inner = tie('schema');
  const names = fc.constantFrom('a', 'b', '__proto__', 'constructor', '$ref', 'x/y~z', '');
  const keywords = fc.record(
    {
      type: fc.constantFrom<unknown>(
        'object',
        'string',
        ['integer', 'null'],
        'array',
        'nothing',
        7,
        null,
      ),
      properties: fc.oneof(fc.dictionary(names, inner, { maxKeys: 3 }), fc.jsonValue()),
      required: fc.oneof(fc.uniqueArray(names, { maxLength: 3 }), fc.jsonValue()),
      items: inner,
      prefixItems: fc.oneof(fc.array(inner, { maxLength: 2 }), fc.jsonValue()),
      additionalProperties: inner,
      $ref: fc.constantFrom<unknown>(
        '#',
        '#/$defs/a',
        '#/properties/a',
        '#/%',
        'https://x.example/',
        '#anchor',
        1,
      ),
      $defs: fc.oneof(fc.dictionary(names, inner, { maxKeys: 2 }), fc.jsonValue()),
      allOf: fc.oneof(fc.array(inner, { maxLength: 2 }), fc.jsonValue()),
      oneOf: fc.oneof(fc.array(inner, { maxLength: 2 }), fc.jsonValue()),
      enum: fc.oneof(fc.array(fc.jsonValue(), { maxLength: 2 }), fc.jsonValue()),
      const: fc.jsonValue(),
      pattern: fc.constantFrom<unknown>('^a', '(', '^(a|a)*$', 3),
      format: fc.constantFrom<unknown>('uuid', 'nope', 3),
      maxLength: fc.constantFrom<unknown>(3, -1, 'x'),
      not: inner,
      description: fc.oneof(fc.string({ unit: 'binary' }), fc.jsonValue()),
      'x-note': fc.jsonValue(),
      'x-no.ted': fc.constant(1),
    },
    { requiredKeys: [] },
  );
  return {
    schema: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.boolean(),
      keywords,
      fc.jsonValue(),
    ),
  };
});
const whole = schema.filter(
  (one): one is object => typeof one === 'object' && one !== null && !Array.isArray(one),
) as fc.Arbitrary<any>;
const settings = { numRuns: 300 };

/** Schemas as people write them. */
const { sound } = fc.letrec((tie) => {
  const inner = tie('sound');
  const names = fc.constantFrom('a', 'b', 'constructor', '$ref', 'x/y~z', '');
  const object = fc.record(
    {
      type: fc.constant('object'),
      properties: fc.dictionary(names, inner, { maxKeys: 3 }),
      required: fc.uniqueArray(names, { maxLength: 3 }),
      additionalProperties: fc.oneof(fc.constant(false), inner),
      description: fc.string({ unit: 'binary' }),
    },
    { requiredKeys: ['type'] },
  );
  const leaf = fc.oneof(
    fc.constant({ $ref: '#/$defs/leaf' }),
    fc.constant({ $ref: '#/$defs/tree' }),
    fc.record(
      {
        type: fc.constantFrom('string', 'integer', 'number', 'null'),
        minimum: fc.nat(),
        maxLength: fc.nat(),
      },
      { requiredKeys: ['type'] },
    ),
    fc.record({
      enum: fc.uniqueArray(fc.jsonValue({ maxDepth: 1 }), {
        minLength: 1,
        maxLength: 3,
        comparator: (one, other) => JSON.stringify(one) === JSON.stringify(other),
      }),
    }),
    fc.record({ type: fc.constant('array'), items: inner }),
    fc.record({ oneOf: fc.array(inner, { minLength: 1, maxLength: 2 }) }),
    fc.record({
      allOf: fc.array(object, { minLength: 1, maxLength: 2 }),
      'x-note': fc.jsonValue(),
    }),
  );
  return { sound: fc.oneof({ depthSize: 'small' }, leaf, object) };
});
const DEFINITIONS = {
  leaf: { type: 'boolean' },
  tree: {
    type: 'object',
    properties: { branches: { type: 'array', items: { $ref: '#/$defs/tree' } } },
  },
};
const usable: fc.Arbitrary<any> = (sound as fc.Arbitrary<object>).map((one) =>
  JSON.parse(JSON.stringify({ ...one, $defs: DEFINITIONS })),
);

t.test('whatever is called a schema is compiled or refused, and judges anything', async () => {
  fc.assert(
    fc.property(whole, fc.jsonValue(), (given, payload) => {
      const parsed = JSON.parse(JSON.stringify(given));
      let compiled;
      try {
        compiled = compileSchema(parsed);
      } catch (error) {
        if (!(error instanceof SchemaError)) throw error;
        return error.faults.length > 0;
      }
      return Array.isArray(compiled.findFaults(JSON.stringify(payload), payload));
    }),
    settings,
  );
});

t.test('what is compiled is compared, declared, written and read back', async () => {
  fc.assert(
    fc.property(usable, usable, (before, after) => {
      if (findSchemaFaults(before).length > 0) return false;
      compileSchema(before);
      const type = { name: 'a', description: null, example: null, deprecated: false };
      const changes = findBreakingChanges(before, after);
      const same = findBreakingChanges(before, before);
      const source = declareTypes([
        { ...type, schema: before, deprecated_at: null, replaced_by: null },
      ]);
      const [read] = readWebhooks(writeWebhooks([{ ...type, schema: before }]));
      return (
        Array.isArray(changes) &&
        same.length === 0 &&
        source.includes('EventPayloads') &&
        JSON.stringify(read?.schema) === JSON.stringify(before)
      );
    }),
    { numRuns: 100 },
  );
});

t.test('whatever is called a document is read or refused', async () => {
  const part = fc.oneof(
    fc.jsonValue(),
    fc.record({ $ref: fc.constantFrom('#/a', '#/webhooks/a', '#', 1) }),
  );
  const media = fc.record(
    { schema: fc.oneof(part, whole), example: part, examples: part },
    { requiredKeys: [] },
  );
  const body = fc.oneof(
    part,
    fc.record({
      content: fc.oneof(part, fc.record({ 'application/json': fc.oneof(media, part) })),
    }),
  );
  const item = fc.oneof(
    part,
    fc.record({ post: fc.oneof(part, fc.record({ requestBody: body })) }),
  );
  const documents = fc.record({
    openapi: fc.constantFrom<unknown>('3.1.0', '3.1.0', '3.0.0', 3),
    webhooks: fc.oneof(part, fc.record({ a: item, 'b.c': item })),
    a: part,
  });
  fc.assert(
    fc.property(documents, (document) => {
      try {
        return readWebhooks(JSON.parse(JSON.stringify(document))).length > 0;
      } catch (error) {
        return error instanceof DocumentError;
      }
    }),
    settings,
  );
});

t.test('what takes too long is ended, and what was only kept waiting is not', async (t) => {
  t.equal(
    withinMs(1_000, () => 7),
    7,
  );
  t.throws(() => withinMs(50, () => /^(a|a)*$/.test(`${'a'.repeat(40)}b`)), TimeBoxError);
  t.throws(
    () =>
      withinMs(50, () => {
        throw new RangeError('its own');
      }),
    RangeError,
  );
  let tries = 0;
  const nap = new Int32Array(new SharedArrayBuffer(4));
  t.equal(
    withinMs(100, () => {
      tries += 1;
      // Asleep, not at work: so does a process look from inside that others keep from the processor.
      if (tries === 1) Atomics.wait(nap, 0, 0, 300);
      return 'done';
    }),
    'done',
  );
  t.equal(tries, 2);
});
