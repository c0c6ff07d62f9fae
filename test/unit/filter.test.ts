import fc from 'fast-check';
import t from 'tap';
import {
  compileFilter,
  filterableEvent,
  FILTER_LIMITS,
  FilterError,
  parseFilter,
  type FilterableEvent,
} from '../../src/matching/filter.ts';
import { explainFilter } from '../../src/matching/filter-explanation.ts';
import { cpuMsOf } from '../helpers/cpu.ts';

const seed = Date.now() % 2 ** 31;
t.comment(`seed ${seed}`);

const EVENT: FilterableEvent = {
  type: 'order.created',
  payload: {
    order: { id: 8123, total: 49.9, currency: 'EUR', note: null, paid: false, 'a.b': { $c: 1 } },
    items: [
      { sku: 'A-7', quantity: 1 },
      { sku: 'B-2', quantity: 5 },
    ],
    tags: ['new', 'gift'],
    matrix: [
      [1, 2],
      [3, 4],
    ],
    empty: [],
    0: 'zero',
  },
  headers: { 'X-Environment': 'production' },
};

const matches = (filter: unknown, event: FilterableEvent = EVENT): boolean =>
  compileFilter(parseFilter(filter)).matches(event);

const payload = (condition: unknown, value?: unknown): boolean =>
  matches({ payload: condition }, value === undefined ? EVENT : { ...EVENT, payload: value });

function faultsOf(filter: unknown): [string, string][] {
  try {
    parseFilter(filter);
    return [];
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    return error.faults.map(({ pointer, detail }) => [pointer, detail]);
  }
}

t.test('every operator holds where it should and nowhere else', async (t) => {
  for (const [condition, value, expected] of [
    [{ $eq: 1 }, 1, true],
    [{ $eq: 1 }, '1', false],
    [{ $eq: 1 }, true, false],
    [{ $eq: null }, null, true],
    [{ $eq: null }, 0, false],
    [{ $eq: '' }, '', true],
    [{ $eq: { a: 1, b: [2] } }, { b: [2], a: 1 }, true],
    [{ $eq: { a: 1 } }, { a: 1, b: 2 }, false],
    [{ $eq: [1, 2] }, [1, 2], true],
    [{ $eq: [1, 2] }, [2, 1], false],
    [{ $eq: {} }, [], false],
    [{ $ne: 1 }, 2, true],
    [{ $ne: 1 }, '1', true],
    [{ $ne: 1 }, 1, false],
    [{ $gt: 1 }, 2, true],
    [{ $gt: 1 }, 1, false],
    [{ $gt: 1 }, '2', false],
    [{ $gte: 1 }, 1, true],
    [{ $gte: 1 }, 0, false],
    [{ $lt: 1 }, 0, true],
    [{ $lt: 1 }, 1, false],
    [{ $lt: 1 }, null, false],
    [{ $lte: 1 }, 1, true],
    [{ $lte: 1 }, 1.5, false],
    [{ $gt: 'a' }, 'b', true],
    [{ $gt: 'a' }, 'B', false],
    [{ $lt: 'b' }, 1, false],
    [{ $gte: '2025-11-20' }, '2025-11-20T09:12:44Z', true],
    [{ $in: [1, 'a', null] }, 'a', true],
    [{ $in: [1, 'a', null] }, null, true],
    [{ $in: [1] }, '1', false],
    [{ $nin: [1] }, '1', true],
    [{ $nin: [1] }, 1, false],
    [{ $exists: true }, null, true],
    [{ $exists: false }, null, false],
    [{ $startsWith: 'ab' }, 'abc', true],
    [{ $startsWith: 'ab' }, 'xab', false],
    [{ $endsWith: 'bc' }, 'abc', true],
    [{ $endsWith: '1' }, 1, false],
    [{ $startsWith: '' }, 'abc', true],
    [{ $or: [1, { $gt: 5 }] }, 6, true],
    [{ $or: [1, { $gt: 5 }] }, 3, false],
    [{ $and: [{ $gt: 1 }, { $lt: 5 }] }, 3, true],
    [{ $gt: 1, $lt: 5 }, 5, false],
    [{ $not: { $gt: 5 } }, 'x', true],
    [{ $not: 5 }, 5, false],
  ] as const) {
    t.equal(payload(condition, value), expected, JSON.stringify([condition, value]));
  }
});

t.test('a bare value, a dotted path and nested objects say the same', async (t) => {
  for (const filter of [
    { 'order.currency': 'EUR' },
    { order: { currency: 'EUR' } },
    { order: { currency: { $eq: 'EUR' } } },
    { 'items.sku': 'B-2' },
    { items: { sku: 'B-2' } },
  ])
    t.ok(payload(filter), JSON.stringify(filter));
  t.ok(payload({ order: { $exists: true, total: { $gt: 40 }, id: 8123 } }), 'all of an object');
  t.notOk(payload({ order: { $exists: true, total: { $gt: 40 }, id: 1 } }));
});

t.test('what is not there has no value', async (t) => {
  for (const [condition, expected] of [
    [{ $eq: null }, false],
    [{ $ne: 1 }, true],
    [{ $gt: 0 }, false],
    [{ $in: [null] }, false],
    [{ $nin: [null] }, true],
    [{ $exists: true }, false],
    [{ $exists: false }, true],
    [{ $startsWith: '' }, false],
    [{ $not: { $gt: 0 } }, true],
  ] as const) {
    for (const path of [
      'nothing',
      'order.nothing',
      'order.id.nothing',
      'empty.a',
      'tags.9',
      'tags.x',
    ]) {
      t.equal(payload({ [path]: condition }), expected, `${path} ${JSON.stringify(condition)}`);
    }
  }
  t.ok(payload({ 'order.note': { $exists: true } }), 'null is a value');
  t.ok(payload({ empty: { $exists: true } }), 'and so is the empty list');
});

t.test('a list stands for its elements, and at the end of a path for itself too', async (t) => {
  t.ok(payload({ tags: 'gift' }));
  t.ok(payload({ tags: { $eq: ['new', 'gift'] } }));
  t.notOk(payload({ tags: { $ne: 'gift' } }), '$ne is the opposite of $eq');
  t.notOk(payload({ tags: { $nin: ['x', 'new'] } }));
  t.ok(payload({ 'items.quantity': { $gt: 4 } }));
  t.notOk(payload({ 'items.0.quantity': { $gt: 4 } }), 'an index picks one');
  t.ok(payload({ 'items.1.quantity': { $gt: 4 } }));
  t.ok(payload({ items: { sku: 'A-7', quantity: { $gt: 4 } } }), 'each condition by itself');
  t.ok(payload({ 0: 'zero' }), 'of an object, a number is a name');
  t.ok(payload({ matrix: { $eq: [3, 4] } }));
  t.notOk(payload({ matrix: 3 }), 'lists within lists are not entered');
  t.ok(payload({ 'matrix.1.0': 3 }), 'except by index');
});

t.test('dots, backslashes and dollar signs in names are escaped', async (t) => {
  t.ok(payload({ 'order.a\\.b.$c': 1 }));
  t.ok(payload({ order: { 'a\\.b': { '\\$c': 1 } } }));
  t.ok(payload({ 'a\\\\b': 1 }, { 'a\\b': 1 }));
  t.strictSame(faultsOf({ payload: { $c: 1 } }), [
    ['/payload/$c', 'is no operator; a name that begins with $ is written \\$'],
  ]);
});

t.test('inherited members are not there, whatever they are called', async (t) => {
  const hostile = JSON.parse('{"__proto__": {"admin": true}, "a": {}}') as unknown;
  t.ok(payload({ '__proto__.admin': true }, hostile), 'an own member of that name is one');
  for (const path of [
    'a.__proto__',
    'a.constructor',
    'a.toString',
    'a.hasOwnProperty',
    'a.__proto__.admin',
  ]) {
    t.notOk(payload({ [path]: { $exists: true } }, hostile), path);
  }
  t.notOk(payload({ 'tags.length': { $exists: true } }));
  t.notOk(payload({ 'order.currency.length': { $exists: true } }));
  t.notOk(matches({ headers: { constructor: { $exists: true } } }));
});

t.test('type and headers are text, and the name of a header has no case', async (t) => {
  t.ok(matches({ type: 'order.created' }));
  t.ok(matches({ type: { $startsWith: 'order.', $not: { $endsWith: '.deleted' } } }));
  t.ok(matches({ headers: { 'x-ENVIRONMENT': 'production' } }));
  t.notOk(matches({ headers: { 'x-environment': 'Production' } }));
  t.ok(matches({ headers: { 'x-other': { $exists: false } } }, { ...EVENT, headers: null }));
});

t.test('whole filters are combined as conditions are', async (t) => {
  t.ok(matches({ $or: [{ type: 'x' }, { payload: { 'order.paid': false } }] }));
  t.notOk(matches({ $and: [{ type: 'order.created' }, { payload: { 'order.paid': true } }] }));
  t.ok(matches({ $not: { $or: [{ type: 'x' }, { headers: { 'x-environment': 'test' } }] } }));
});

t.test('what is wrong is named by its place, all of it at once', async (t) => {
  t.strictSame(
    faultsOf({
      payload: {
        'a/b': { $gt: null },
        'a..b': 1,
        tags: ['x'],
        n: { $in: [] },
        o: {},
        big: 2 ** 60,
        re: { $regex: 'x' },
        i: { $in: [[1]] },
        e: { $exists: 1 },
        s: { $startsWith: 1 },
        and: { $and: {} },
        'a\\x': 1,
      },
      type: { name: 'x' },
      headers: { $or: [], 'x-n': 5 },
      paylaod: {},
      $or: [{}, 7],
    }),
    [
      ['/payload/a~1b/$gt', 'must be a number or a string'],
      ['/payload/a..b', 'has an empty step: names are separated by single dots'],
      ['/payload/tags', 'is a list: write $in for any one of these, $eq for exactly this list'],
      [
        '/payload/n/$in',
        'must be a list of strings, numbers, booleans and null, with at least one',
      ],
      ['/payload/o', 'must name at least one condition'],
      ['/payload/big', 'has too many digits to be compared exactly'],
      ['/payload/re/$regex', 'is no operator; a name that begins with $ is written \\$'],
      [
        '/payload/i/$in',
        'must be a list of strings, numbers, booleans and null, with at least one',
      ],
      ['/payload/e/$exists', 'must be true or false'],
      ['/payload/s/$startsWith', 'must be a string'],
      ['/payload/and/$and', 'must be a list of at least one condition'],
      [
        '/payload/a\\x',
        'has a backslash that is not followed by a dot, a dollar sign or a backslash',
      ],
      ['/type/name', 'is not known: type holds text, which has no members'],
      ['/headers/$or', 'must be the name of a header'],
      ['/headers/x-n', 'must be text: headers holds nothing else'],
      ['/paylaod', 'is not known: a filter has payload, type, headers, $and, $or and $not'],
      ['/$or/0', 'must name at least one condition'],
      ['/$or/1', 'must be an object'],
    ],
  );
  for (const value of [null, [], 'x', 5, true]) {
    t.strictSame(faultsOf(value), [['', 'must be an object']]);
  }
  t.strictSame(faultsOf({}), [['', 'must name at least one condition']]);
});

t.test('a filter is bounded in size, depth, conditions, steps and values', async (t) => {
  const { characters, depth, conditions, steps, operands } = FILTER_LIMITS;
  const list = (length: number) => Array.from({ length }, (_, n) => n);
  const nest = (levels: number): object =>
    levels === 0 ? { type: 'x' } : { $not: nest(levels - 1) };
  const atLimit = [
    { type: 'x'.repeat(characters - 30) },
    nest(depth - 1),
    { $or: list(conditions).map((n) => ({ payload: n })) },
    { payload: { [list(steps).join('.')]: 1 } },
    { payload: { $in: list(operands) } },
  ];
  const beyond = [
    { type: 'x'.repeat(characters) },
    nest(depth),
    { $or: list(conditions + 1).map((n) => ({ payload: n })) },
    { payload: { [list(steps + 1).join('.')]: 1 } },
    { payload: { $in: list(operands + 1) } },
  ];
  for (const filter of atLimit) t.strictSame(faultsOf(filter), []);
  for (const filter of beyond)
    t.equal(faultsOf(filter).length, 1, JSON.stringify(faultsOf(filter)));
});

t.test('a payload is parsed when it is needed, once, and not when it is not', async (t) => {
  const broken = filterableEvent({ type: 'a', payload: '{', headers: null });
  t.notOk(matches({ payload: { $exists: true } }, broken), 'and one that is no JSON has no values');
  let reads = 0;
  const event = {
    type: 'a',
    headers: null,
    get payload() {
      reads += 1;
      return { b: 1 };
    },
  };
  t.notOk(matches({ payload: { b: 1 }, type: 'b' }, event));
  t.ok(matches({ $or: [{ payload: { b: 2 } }, { type: 'a' }] }, event));
  t.equal(reads, 0, 'type and headers decide first');
  t.ok(matches({ type: 'a', payload: { b: 1 } }, event));
  t.equal(reads, 1);
  t.notOk(compileFilter(parseFilter({ type: 'a' })).readsPayload);
  t.ok(compileFilter(parseFilter({ $not: { payload: 1 } })).readsPayload);
  const lazy = filterableEvent({ type: 'a', payload: '{"b":{}}', headers: null });
  t.equal(lazy.payload, lazy.payload);
});

t.test(
  'an explanation says of each condition where it looked, what was there and why not',
  async (t) => {
    const filter = parseFilter({
      type: { $startsWith: 'order.' },
      payload: {
        'order.total': { $gt: 100 },
        'order.a\\.b': { '\\$c': 2 },
        'items.sku': { $in: ['C'] },
        'order.id': 'x',
        gone: 1,
        $not: { 'order.paid': false },
      },
      headers: { 'X-Environment': 'test' },
    });
    const explanation = explainFilter(filter, EVENT);
    t.notOk(explanation.matches);
    t.strictSame(
      explanation.conditions.map((one) => [
        one.pointer,
        one.path,
        one.operator,
        one.expected,
        one.actual,
        one.matches,
        one.negated,
        one.detail,
      ]),
      [
        [
          '/type/$startsWith',
          'type',
          '$startsWith',
          'order.',
          ['order.created'],
          true,
          false,
          null,
        ],
        [
          '/payload/order.total/$gt',
          'payload.order.total',
          '$gt',
          100,
          [49.9],
          false,
          false,
          'is not greater',
        ],
        [
          '/payload/order.a\\.b/\\$c',
          'payload.order.a\\.b.$c',
          '$eq',
          2,
          [1],
          false,
          false,
          'is not equal',
        ],
        [
          '/payload/items.sku/$in',
          'payload.items.sku',
          '$in',
          ['C'],
          ['A-7', 'B-2'],
          false,
          false,
          'is none of these',
        ],
        [
          '/payload/order.id',
          'payload.order.id',
          '$eq',
          'x',
          [8123],
          false,
          false,
          'is a number, not a string',
        ],
        ['/payload/gone', 'payload.gone', '$eq', 1, [], false, false, 'is not there'],
        ['/payload/$not/order.paid', 'payload.order.paid', '$eq', false, [false], true, true, null],
        [
          '/headers/X-Environment',
          'headers.x-environment',
          '$eq',
          'test',
          ['production'],
          false,
          false,
          'is not equal',
        ],
      ],
    );
  },
);

t.test('an explanation is short, however long the payload is', async (t) => {
  const long = {
    text: 'x'.repeat(10_000),
    list: Array.from({ length: 10_000 }, () => ({ a: [[[1]]] })),
  };
  const event = { ...EVENT, payload: long };
  const { conditions } = explainFilter(
    parseFilter({ payload: { $exists: false, text: 'y', 'list.a': 'y' } }),
    event,
  );
  t.ok(
    JSON.stringify(conditions).length < 2_000,
    `${JSON.stringify(conditions).length} characters`,
  );
});

/** Everything that JSON can say. */
const anyJson = fc.jsonValue({ maxDepth: 6 });
const name = fc.constantFrom('a', 'b', 'c', '0', '1', '__proto__', 'length');
const scalar = fc.constantFrom<unknown>(null, true, false, 0, 1, 2, -1.5, '', 'a', 'ab', 'b', '1');
const { value: jsonOfNames } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    scalar,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(name, tie('value'), { maxKeys: 4 }),
  ),
}));
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('.'));
const text = fc.constantFrom('', 'a', 'ab', 'b', '1');
/** An object with one or two of these members. */
const someOf = (members: Record<string, fc.Arbitrary<unknown>>) => {
  const one = fc
    .constantFrom(...Object.keys(members))
    .chain((key) => (members[key] as fc.Arbitrary<unknown>).map((value) => ({ [key]: value })));
  return fc.oneof(
    one,
    fc.tuple(one, one).map(([a, b]) => ({ ...a, ...b })),
  );
};
const listOf = (item: fc.Arbitrary<unknown>) => fc.array(item, { minLength: 1, maxLength: 3 });
const { condition } = fc.letrec<{ condition: unknown }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 3 },
    scalar,
    someOf({
      $eq: scalar,
      $ne: scalar,
      $gt: text,
      $gte: fc.nat(2),
      $lt: fc.nat(2),
      $lte: text,
      $in: listOf(scalar),
      $nin: listOf(scalar),
      $exists: fc.boolean(),
      $startsWith: text,
      $endsWith: text,
    }),
    fc.dictionary(path, tie('condition'), { minKeys: 1, maxKeys: 2 }),
    someOf({
      $and: listOf(tie('condition')),
      $or: listOf(tie('condition')),
      $not: tie('condition'),
    }),
  ),
}));
const { filter } = fc.letrec<{ filter: object }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 2 },
    fc.record({ payload: condition }),
    someOf({
      payload: condition,
      $and: listOf(tie('filter')),
      $or: listOf(tie('filter')),
      $not: tie('filter'),
    }),
  ),
}));

const isValid = (value: unknown) => faultsOf(value).length === 0;

/** What docs/filters.md says of payloads, word by word and without regard to cost. */
function holds(given: object, value: unknown): boolean {
  return Object.entries(given).every(([key, item]) => {
    switch (key) {
      case '$and':
        return item.every((one: object) => holds(one, value));
      case '$or':
        return item.some((one: object) => holds(one, value));
      case '$not':
        return !holds(item, value);
      default:
        return judge(item, [value]);
    }
  });
}

function judge(given: any, values: unknown[]): boolean {
  if (typeof given !== 'object' || given === null) return judge({ $eq: given }, values);
  const spread = values.flatMap((value) => (Array.isArray(value) ? [value, ...value] : [value]));
  return Object.entries(given).every(([key, operand]: [string, any]) => {
    const some = (test: (value: any) => boolean) => spread.some(test);
    const both = (value: unknown) => typeof value === typeof operand;
    switch (key) {
      case '$eq':
        return some((value) => value === operand);
      case '$ne':
        return !some((value) => value === operand);
      case '$gt':
        return some((value) => both(value) && value > operand);
      case '$gte':
        return some((value) => both(value) && value >= operand);
      case '$lt':
        return some((value) => both(value) && value < operand);
      case '$lte':
        return some((value) => both(value) && value <= operand);
      case '$in':
        return some((value) => operand.includes(value));
      case '$nin':
        return !some((value) => operand.includes(value));
      case '$exists':
        return values.length > 0 === operand;
      case '$startsWith':
        return some((value) => both(value) && value.startsWith(operand));
      case '$endsWith':
        return some((value) => both(value) && value.endsWith(operand));
      case '$and':
        return operand.every((one: unknown) => judge(one, values));
      case '$or':
        return operand.some((one: unknown) => judge(one, values));
      case '$not':
        return !judge(operand, values);
      default:
        return judge(operand, key.split('.').reduce(step, values));
    }
  });
}

function step(values: unknown[], member: string): unknown[] {
  const isIndex = /^\d+$/.test(member);
  return values
    .flatMap((value) => {
      if (!Array.isArray(value)) return [value];
      return isIndex
        ? value.slice(Number(member), Number(member) + 1).map((one) => ({ [member]: one }))
        : value.filter((element) => !Array.isArray(element));
    })
    .flatMap((value) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, member)
        ? [(value as Record<string, unknown>)[member]]
        : [],
    );
}

t.test(
  'no JSON value makes reading a filter fail in any other way than by its faults',
  async (t) => {
    const sometimesFilter = fc.oneof(
      anyJson,
      fc.record({ payload: anyJson }),
      fc.dictionary(
        fc.constantFrom('payload', 'type', 'headers', '$and', '$or', '$not', '$eq'),
        anyJson,
      ),
    );
    fc.assert(
      fc.property(sometimesFilter, (value) => void faultsOf(value)),
      { seed, numRuns: 5_000 },
    );
    t.strictSame(faultsOf(JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`)), [
      ['', `nests deeper than ${FILTER_LIMITS.depth} levels`],
    ]);
  },
);

t.test('a filter judges every payload as the reference says', async (t) => {
  const seen = { true: 0, false: 0 };
  fc.assert(
    fc.property(filter.filter(isValid), jsonOfNames, (given, value) => {
      const expected = holds(given, value);
      seen[`${expected}`] += 1;
      return matches(given, { ...EVENT, payload: value }) === expected;
    }),
    { seed, numRuns: 5_000 },
  );
  t.ok(seen.true > 500 && seen.false > 500, JSON.stringify(seen));
});

t.test(
  '$not is the opposite, and so are $ne of $eq and $nin of $in, of whatever payload',
  async () => {
    fc.assert(
      fc.property(
        condition.filter((one) => isValid({ payload: one })),
        anyJson,
        jsonOfNames,
        (one, a, b) =>
          [a, b].every(
            (value) =>
              payload({ $not: one }, value) !== payload(one, value) &&
              matches({ $not: { payload: one } }, { ...EVENT, payload: value }) !==
                payload(one, value),
          ),
      ),
      { seed, numRuns: 2_000 },
    );
    fc.assert(
      fc.property(
        path,
        scalar,
        jsonOfNames,
        (at, operand, value) =>
          payload({ [at]: { $ne: operand } }, value) !==
            payload({ [at]: { $eq: operand } }, value) &&
          payload({ [at]: { $nin: [operand] } }, value) !==
            payload({ [at]: { $in: [operand] } }, value),
      ),
      { seed, numRuns: 2_000 },
    );
  },
);

t.test('explanation and judgement agree', async () => {
  fc.assert(
    fc.property(filter.filter(isValid), jsonOfNames, (given, value) => {
      const event = { ...EVENT, payload: value };
      const explanation = explainFilter(parseFilter(given), event);
      return (
        explanation.matches === matches(given, event) &&
        explanation.conditions.every(
          (one) =>
            one.matches === (one.detail === null) && one.matches === payload(byItself(one), value),
        )
      );
    }),
    { seed, numRuns: 2_000 },
  );
});

/** A condition without those beside it and around it. */
function byItself({
  path: place,
  operator,
  expected,
}: {
  path: string;
  operator: string;
  expected: unknown;
}) {
  const inPayload = place.slice('payload.'.length);
  return inPayload === '' ? { [operator]: expected } : { [inPayload]: { [operator]: expected } };
}

t.test('the worst filter takes its time in proportion to the payload', async (t) => {
  const worst = compileFilter(
    parseFilter({
      $or: Array.from({ length: FILTER_LIMITS.conditions }, (_, n) => ({
        payload: { 'list.a': { $eq: { n } } },
      })),
    }),
  );
  const time = (length: number) => {
    const event = { ...EVENT, payload: { list: Array.from({ length }, () => ({ a: { n: -1 } })) } };
    return cpuMsOf(() => t.notOk(worst.matches(event)));
  };
  time(1_000);
  const tookMs = time(60_000);
  t.comment(
    `${Math.round(tookMs)} ms for ${FILTER_LIMITS.conditions} conditions on 60,000 elements, about 1 MB`,
  );
  t.ok(tookMs < 5_000, `${Math.round(tookMs)} ms`);
});
