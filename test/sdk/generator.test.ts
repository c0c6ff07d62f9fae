import { readFileSync } from 'node:fs';
import t from 'tap';
import { parse } from 'yaml';
import { goFiles, goName } from '../../scripts/sdk/go.ts';
import { camel, shortName, snake } from '../../scripts/sdk/names.ts';
import { readApi } from '../../scripts/sdk/operations.ts';
import { pythonFiles } from '../../scripts/sdk/python.ts';
import { typescriptFiles } from '../../scripts/sdk/typescript.ts';

const DOCUMENT = new URL('../../openapi.yaml', import.meta.url);

t.test('an operation is named after what it does within its group', async (t) => {
  const names: [string, string, string][] = [
    ['createSubscription', 'Subscriptions', 'create'],
    ['rotateSubscriptionSecret', 'Subscriptions', 'rotate secret'],
    ['listSubscriptionDeliveries', 'Subscriptions', 'list deliveries'],
    ['retryDelivery', 'Deliveries', 'retry'],
    ['publishEvents', 'Events', 'publish'],
    ['listEventTypes', 'Event types', 'list'],
    ['ingestEnvelope', 'Ingest', 'envelope'],
    ['createApiKey', 'Access', 'create api key'],
  ];
  for (const [operationId, group, name] of names)
    t.equal(shortName(operationId, group).join(' '), name);
});

t.test('every operation is a method in every language', async (t) => {
  const document = parse(readFileSync(DOCUMENT, 'utf8'));
  const ids = Object.values<Record<string, any>>(document.paths).flatMap((item) =>
    Object.values(item).flatMap(({ operationId }) => operationId ?? []),
  );
  const api = readApi(document);
  const operations = api.groups.flatMap(({ operations }) => operations);
  t.same(new Set(operations.map(({ id }) => id)), new Set(ids));

  const text = async (files: [string, string][] | Promise<[string, string][]>, name: string) =>
    (await files).find(([path]) => path.endsWith(name))?.[1] ?? '';
  const typescript = await text(typescriptFiles(api, DOCUMENT), 'resources.ts');
  const python = await text(pythonFiles(api), '/resources.py');
  const go = await text(goFiles(api), 'resources.go');
  for (const { name, list } of operations) {
    for (const one of [name, ...(list === undefined ? [] : [list.name])].map((it) =>
      it.join(' '),
    )) {
      t.match(typescript, new RegExp(`^    ${camel(one)}\\(`, 'm'));
      t.match(python, new RegExp(`^    def ${snake(one)}_?\\($`, 'm'));
      t.match(go, new RegExp(`^func \\(api \\*\\w+\\) ${goName(one)}\\(ctx`, 'm'));
    }
  }
});

/** A document of these operations, each of one tag. */
function documentOf(operations: Record<string, object>, schemas: object = {}) {
  const paths = Object.fromEntries(
    Object.entries(operations).map(([id, operation], index) => [
      `/${index}`,
      { post: { operationId: id, tags: ['Things'], summary: id, responses: {}, ...operation } },
    ]),
  );
  return { info: { version: '1' }, tags: [{ name: 'Things' }], paths, components: { schemas } };
}

const json = (schema: object) => ({ content: { 'application/json': { schema } } });

t.test('a short name that two operations would have goes to neither', async (t) => {
  const api = readApi(documentOf({ listThings: {}, listThing: {}, dropThing: {} }));
  t.same(
    api.groups[0]?.operations.map(({ name }) => name.join(' ')),
    ['list things', 'list thing', 'drop'],
  );
});

t.test('an operation whose name is taken by an iterator is an error, not a surprise', async (t) => {
  const page = {
    type: 'object',
    properties: { data: { type: 'array', items: {} }, next_cursor: {} },
  };
  const parameters = [{ name: 'cursor', in: 'query', schema: { type: 'string' } }];
  const responses = { 200: json({ $ref: '#/components/schemas/Page' }) };
  const document = documentOf(
    { listThings: { parameters, responses }, iterateThings: {} },
    { Page: page },
  );
  t.throws(() => readApi(document), /two operations called "iterate"/);
});

t.test('what takes one or several becomes two methods', async (t) => {
  const one = { $ref: '#/components/schemas/One' };
  const object = { type: 'object', properties: { a: { type: 'string' } } };
  const api = readApi(
    documentOf(
      {
        makeThing: {
          requestBody: { required: true, ...json({ oneOf: [one, { type: 'array', items: one }] }) },
          responses: { 202: json({ oneOf: [{ type: 'string' }, { type: 'integer' }] }) },
        },
      },
      { One: object },
    ),
  );
  t.match(api.groups[0]?.operations, [
    {
      name: ['make'],
      body: { type: { kind: 'named', name: 'One' } },
      result: { type: { kind: 'string' } },
    },
    {
      name: ['make', 'batch'],
      body: { type: { kind: 'array' } },
      result: { type: { kind: 'integer' } },
    },
  ]);
});

t.test('answers of two statuses are either of two types', async (t) => {
  const api = readApi(
    documentOf({
      makeThing: { responses: { 200: json({ type: 'string' }), 202: json({ type: 'integer' }) } },
    }),
  );
  t.match(api.groups[0]?.operations[0]?.result, {
    type: { kind: 'union', of: [{ kind: 'string' }, { kind: 'integer' }] },
  });
});

t.test('schemas that hold themselves, and members that are no names, are written', async (t) => {
  const self = { $ref: '#/components/schemas/Filter' };
  const api = readApi(
    documentOf(
      {},
      {
        Filter: {
          type: 'object',
          properties: {
            $or: { type: 'array', items: self },
            not: self,
            from: { type: ['string', 'null'] },
          },
        },
        Tree: {
          oneOf: [
            { type: 'string' },
            { type: 'array', items: { $ref: '#/components/schemas/Tree' } },
          ],
        },
        Loop: { type: 'array', items: { $ref: '#/components/schemas/Loop' } },
      },
    ),
  );
  const [[, models] = ['', '']] = pythonFiles(api);
  t.match(models, `Filter = TypedDict(\n    "Filter",`);
  t.match(models, `"$or": 'NotRequired[List[Filter]]'`);
  t.match(models, `Tree: TypeAlias = "Union[str, List[Tree]]"`);
  const [[, structs] = ['', '']] = goFiles(api);
  t.match(structs, 'Or []Filter `json:"$or,omitempty"`'.replace('Or ', 'Or   '));
});
