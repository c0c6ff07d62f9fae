import t from 'tap';
import { findBreakingChanges } from '../../src/event-types/compatibility.ts';

const object = (properties: object, rest: object = {}) => ({ type: 'object', properties, ...rest });
const A = { type: 'integer' };
const chain = (name: string) => ({
  $ref: `#/$defs/${name}`,
  $defs: {
    [name]: object({ value: A, next: { $ref: `#/$defs/${name}` } }, { required: ['value'] }),
  },
});

type Case = [what: string, before: object | null, after: object | null, ...pointers: string[]];

const BREAKING: Case[] = [
  ['a member is removed', object({ a: A, b: A }), object({ a: A }), '/properties/b'],
  [
    'a member is no longer required',
    object({ a: A }, { required: ['a'] }),
    object({ a: A }),
    '/properties/a',
  ],
  ['a type changes', object({ a: A }), object({ a: { type: 'string' } }), '/properties/a'],
  ['a type is widened', A, { type: 'number' }, ''],
  ['null is allowed', A, { type: ['integer', 'null'] }, ''],
  ['a type is given up', object({ a: A }), object({ a: {} }), '/properties/a'],
  ['a value is added', { enum: ['a'] }, { enum: ['a', 'b'] }, ''],
  ['a constant changes', { const: 1 }, { const: 2 }, ''],
  ['values are given up', { enum: ['a'] }, { type: 'string' }, ''],
  [
    'a bound is loosened',
    { type: 'string', maxLength: 5 },
    { type: 'string', maxLength: 6 },
    '/maxLength',
  ],
  ['a bound is given up', { minimum: 1 }, {}, ''],
  ['a format changes', { format: 'uuid' }, { format: 'email' }, '/format'],
  ['a pattern goes', { pattern: '^a' }, {}, ''],
  ['items change', { items: A }, { items: { type: 'string' } }, '/items'],
  ['a place of a tuple changes', { prefixItems: [A, A] }, { prefixItems: [A] }, '/prefixItems/1'],
  ['a branch is added', { oneOf: [A] }, { oneOf: [A, { type: 'string' }] }, '/oneOf/1'],
  [
    'objects are opened',
    object({ a: A }, { additionalProperties: false }),
    object({ a: A }),
    '/additionalProperties',
  ],
  [
    'a member is new where none was allowed',
    object({}, { additionalProperties: false }),
    object({ a: A }, { additionalProperties: false }),
    '/properties/a',
  ],
  [
    "a map's values change",
    object({}, { additionalProperties: A }),
    object({}, { additionalProperties: { type: 'string' } }),
    '/additionalProperties',
  ],
  ['the schema goes', A, null, ''],
  [
    'a change is behind a reference',
    object({ a: { $ref: '#/$defs/a' } }, { $defs: { a: A } }),
    object({ a: { $ref: '#/$defs/b' } }, { $defs: { b: { type: 'string' } } }),
    '/properties/a',
  ],
  [
    'a change is in a part',
    { allOf: [object({ a: A }), object({ b: A })] },
    { allOf: [object({ a: A })] },
    '/properties/b',
  ],
  [
    'a change is in what refers to itself',
    chain('node'),
    { ...chain('node'), $defs: { node: object({ value: A, next: { $ref: '#/$defs/node' } }) } },
    '/properties/value',
  ],
  ['a name has to be escaped', object({ 'a/b~c': A }), object({}), '/properties/a~1b~0c'],
  ['what is not understood changes', { not: A }, { not: { type: 'string' } }, '/not'],
];

const SAFE: Case[] = [
  ['nothing changes', object({ a: A }), object({ a: A })],
  ['a schema comes', null, A],
  ['a member is added', object({ a: A }), object({ a: A, b: A })],
  ['a member becomes required', object({ a: A }), object({ a: A }, { required: ['a'] })],
  ['a type is narrowed', { type: ['number', 'null'] }, { type: 'integer' }],
  ['a type becomes values', { type: 'string' }, { enum: ['a'] }],
  ['a value goes', { enum: ['a', 'b'] }, { const: 'a' }],
  ['a bound is tightened', { maximum: 5, minLength: 1 }, { maximum: 4, minLength: 2 }],
  ['bounded values become a list', { type: 'string', maxLength: 5 }, { enum: ['ab'] }],
  ['a branch goes', { anyOf: [A, { type: 'string' }] }, { anyOf: [{ type: 'string' }] }],
  ['a union becomes one of its branches', { anyOf: [A, { type: 'string' }] }, { type: 'string' }],
  [
    'branches change places',
    { oneOf: [A, { type: 'string' }] },
    { oneOf: [{ type: 'string' }, A] },
  ],
  ['objects are closed', object({ a: A }), object({ a: A }, { additionalProperties: false })],
  [
    'a new member is what others were',
    object({}, { additionalProperties: A }),
    object({ a: A }, { additionalProperties: A }),
  ],
  ['descriptions change', { ...A, description: 'one', examples: [1] }, { ...A, title: 'other' }],
  ['a definition is renamed', chain('node'), chain('link')],
  [
    'what stood here is referred to',
    object({ a: A }),
    object({ a: { $ref: '#/$defs/a' } }, { $defs: { a: A } }),
  ],
  ['parts become one', { allOf: [object({ a: A }), object({ b: A })] }, object({ a: A, b: A })],
];

t.test('breaks consumers:', async (t) => {
  for (const [what, before, after, ...pointers] of BREAKING) {
    const changes = findBreakingChanges(before as never, after as never);
    t.strictSame(
      changes.map(({ pointer }) => pointer),
      pointers,
      what,
    );
  }
});

t.test('breaks nobody:', async (t) => {
  for (const [what, before, after] of SAFE) {
    t.strictSame(findBreakingChanges(before as never, after as never), [], what);
  }
});

t.test('says what it was and what it is', async (t) => {
  const before = object({ a: A, state: { enum: ['open'] } }, { required: ['a'] });
  const after = object({ a: { type: ['integer', 'string'] }, state: { enum: ['open', 'shut'] } });
  t.strictSame(findBreakingChanges(before, after), [
    { pointer: '/properties/a', detail: 'may be string, was integer' },
    { pointer: '/properties/state', detail: 'may be "shut", which is new' },
    { pointer: '/properties/a', detail: 'is no longer required' },
  ]);
});
