import t from 'tap';
import { bearer, keyMaker } from '../helpers/keys.ts';
import { startService } from '../helpers/service.ts';

const ROOT = 'root-key-of-the-environment';
const service = await startService(t, { hasWorker: false, env: { API_KEYS: ROOT } });
const root = bearer(ROOT);

const ask = (
  method: string,
  path: string,
  json?: unknown,
  headers: Record<string, string> = root,
) => service.call(method, path, { headers, ...(json !== undefined && { json }) });

const ORDER = {
  type: 'object',
  required: ['id', 'total'],
  properties: { id: { type: 'integer' }, total: { type: 'string' } },
};
const pointersOf = ({ body }: { body: any }): string[] =>
  body.errors.map(({ pointer }: any) => pointer);

t.test('a type is described, read, changed and deleted', async (t) => {
  const made = await ask('POST', '/event-types', {
    name: 'order.created',
    description: 'An order was placed.',
    schema: ORDER,
    example: { id: 1, total: '1.00' },
    enforce: 'warn',
  });
  t.equal(made.status, 201);
  t.equal(made.headers.get('location'), '/event-types/order.created');
  t.match(made.body, {
    tenant: 'default',
    name: 'order.created',
    description: 'An order was placed.',
    schema: ORDER,
    version: 1,
    example: { id: 1, total: '1.00' },
    deprecated: false,
    deprecated_at: null,
    replaced_by: null,
    enforce: 'warn',
  });
  t.strictSame((await ask('GET', '/event-types/order.created')).body, made.body);
  t.strictSame(Object.keys(made.body.schema), Object.keys(ORDER), 'in the order written');

  const same = await ask('PATCH', '/event-types/order.created', {
    schema: ORDER,
    description: null,
  });
  t.match(
    same.body,
    { version: 1, description: null, enforce: 'warn' },
    'the same schema is the same version',
  );
  const narrower = { ...ORDER, properties: { ...ORDER.properties, note: { type: 'string' } } };
  t.match(await ask('PUT', '/event-types/order.created', { schema: narrower }), {
    status: 200,
    body: { version: 2, schema: narrower, example: { id: 1 } },
  });
  const deprecated = await ask('PATCH', '/event-types/order.created', {
    deprecated: true,
    replaced_by: 'order.placed',
  });
  t.match(deprecated.body, { deprecated: true, replaced_by: 'order.placed' });
  t.ok(Math.abs(Date.parse(deprecated.body.deprecated_at) - Date.now()) < 60_000);
  const again = await ask('PATCH', '/event-types/order.created', { deprecated: true });
  t.equal(again.body.deprecated_at, deprecated.body.deprecated_at, 'since when it was first');
  t.equal((await ask('DELETE', '/event-types/order.created')).status, 204);
  for (const method of ['GET', 'DELETE']) {
    t.match(await ask(method, '/event-types/order.created'), {
      status: 404,
      body: { code: 'event_type_not_found' },
    });
  }
});

t.test('a name is taken once in a tenant, and may hold what event types may', async (t) => {
  t.equal((await ask('POST', '/event-types', { name: 'a/b:c' })).status, 201);
  t.match(await ask('POST', '/event-types', { name: 'a/b:c' }), {
    status: 409,
    body: { code: 'event_type_exists', errors: [{ pointer: '/name' }] },
  });
  t.equal((await ask('POST', '/event-types', { name: 'a/b:c', tenant: 'acme' })).status, 201);
  t.match(await ask('GET', '/event-types/a%2Fb%3Ac?tenant=acme'), {
    status: 200,
    body: { tenant: 'acme' },
  });
  t.equal((await ask('POST', '/event-types', { name: 'no spaces' })).status, 400);
  for (const name of ['import', 'types.ts', '__proto__']) {
    t.equal((await ask('POST', '/event-types', { name, tenant: 'odd' })).status, 201, name);
    t.equal((await ask('GET', `/event-types/${name}?tenant=odd`)).status, 200, name);
  }
});

t.test('the list is paged by name and searched', async (t) => {
  const names = ['b.two', 'a.one', 'C.three', 'd_x', 'dax', 'e.last'];
  for (const name of names) {
    await ask('POST', '/event-types', {
      name,
      tenant: 'paged',
      description: `About ${name.toUpperCase()}`,
    });
  }
  const seen: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const { body }: any = await ask(
      'GET',
      `/event-types?tenant=paged&limit=2${cursor && `&cursor=${cursor}`}`,
    );
    seen.push(...body.data.map(({ name }: any) => name));
    cursor = body.next_cursor;
  }
  t.strictSame(seen, names.toSorted());
  const found = async (q: string) =>
    (await ask('GET', `/event-types?tenant=paged&q=${q}`)).body.data.map(({ name }: any) => name);
  t.strictSame(await found('d_x'), ['d_x'], 'no wildcard');
  t.strictSame(await found('aBoUt%20a.O'), ['a.one']);
  t.equal((await ask('GET', '/event-types?cursor=x')).status, 400);
});

t.test('a schema and its example are checked when they are written', async (t) => {
  const refused: [object, string][] = [
    [{ schema: { type: 'strin' } }, '/schema/type'],
    [{ schema: { properties: { a: { tpye: 'string' } } } }, '/schema/properties/a/tpye'],
    [{ schema: { $ref: 'https://example.com/schema.json' } }, '/schema/$ref'],
    [{ schema: { $ref: '#/$defs/none' } }, '/schema/$ref'],
    [{ schema: { $schema: 'http://json-schema.org/draft-07/schema#' } }, '/schema/$schema'],
    [{ schema: { properties: { a: { $id: 'x' } } } }, '/schema/properties/a'],
    [{ schema: { pattern: '(' } }, '/schema'],
    [{ schema: { enum: ['x'.repeat(70_000)] } }, '/schema'],
    [{ schema: ORDER, example: { id: 'one' } }, '/example/total'],
    [{ example: 'x'.repeat(70_000) }, '/example'],
    [{ enforce: 'reject' }, '/schema'],
    [{ schema: [] }, '/schema'],
    [{ colour: 'red' }, '/colour'],
  ];
  for (const [fields, pointer] of refused) {
    const answer = await ask('POST', '/event-types', { name: 'refused', ...fields });
    t.match(
      answer,
      { status: 400, body: { code: 'invalid_request' } },
      JSON.stringify(fields).slice(0, 80),
    );
    t.ok(
      pointersOf(answer).includes(pointer),
      `${pointer} is among ${pointersOf(answer).join(' ')}`,
    );
  }
  t.equal((await ask('GET', '/event-types/refused')).status, 404);
  t.equal(
    (
      await ask('POST', '/event-types', {
        name: 'annotated',
        schema: {
          $schema: 'https://json-schema.org/draft/2020-12/schema',
          $id: 'https://example.com/a',
          'x-owner': 'orders',
          example: 1,
          type: 'integer',
          format: 'int64',
        },
      })
    ).status,
    201,
  );
  await ask('POST', '/event-types', {
    name: 'exampled',
    schema: ORDER,
    example: { id: 1, total: '' },
  });
  t.match(
    await ask('PATCH', '/event-types/exampled', {
      schema: { ...ORDER, required: ['id', 'total', 'at'] },
    }),
    {
      status: 400,
      body: { errors: [{ pointer: '/example/at', detail: 'is required' }] },
    },
    'the example that is there has to fit the new schema',
  );
  t.match(
    await ask('PATCH', '/event-types/exampled', { schema: null, example: null, enforce: 'warn' }),
    { status: 400 },
  );
});

t.test('a change that breaks consumers has to be meant', async (t) => {
  await ask('POST', '/event-types', { name: 'promised', schema: ORDER });
  const { total: _gone, ...properties } = ORDER.properties;
  const schema = { ...ORDER, required: ['id'], properties };
  for (const method of ['PUT', 'PATCH']) {
    t.match(await ask(method, '/event-types/promised', { schema }), {
      status: 409,
      body: {
        code: 'breaking_change',
        errors: [{ pointer: '/schema/properties/total', detail: 'was removed' }],
      },
    });
  }
  t.match((await ask('GET', '/event-types/promised')).body, { version: 1 });
  t.match(await ask('PATCH', '/event-types/promised?allow_breaking=true', { schema }), {
    status: 200,
    body: { version: 2 },
  });
});

t.test("a key of one tenant has that tenant's catalogue alone", async (t) => {
  const [acme, other] = await Promise.all(
    ['keyed', 'elsewhere'].map(async (tenant) =>
      bearer(await keyMaker(service)(['admin'], tenant)),
    ),
  );
  t.match(await ask('POST', '/event-types', { name: 'mine' }, acme), {
    status: 201,
    body: { tenant: 'keyed' },
  });
  t.equal(
    (await ask('POST', '/event-types', { name: 'x', tenant: 'elsewhere' }, acme)).status,
    403,
  );
  for (const [path, status] of [
    ['/event-types/mine', 404],
    ['/event-types/mine?tenant=keyed', 403],
  ] as const) {
    t.equal((await ask('GET', path, undefined, other)).status, status, path);
    t.equal((await ask('PATCH', path, { description: 'x' }, other)).status, status);
    t.equal((await ask('DELETE', path, undefined, other)).status, status);
  }
  t.equal((await ask('GET', '/event-types?tenant=keyed', undefined, other)).status, 403);
  t.equal((await ask('GET', '/event-types.ts?tenant=keyed', undefined, other)).status, 403);
  t.equal(
    (
      await ask(
        'POST',
        '/event-types/import?tenant=keyed',
        { openapi: '3.1.0', webhooks: { a: { post: {} } } },
        other,
      )
    ).status,
    403,
  );
  const reader = bearer(await keyMaker(service)(['read'], 'keyed'));
  t.equal((await ask('GET', '/event-types/mine', undefined, reader)).status, 200);
  t.equal((await ask('DELETE', '/event-types/mine', undefined, reader)).status, 403);
});

t.test('changes are in the audit log, by name and tenant', async (t) => {
  await ask('POST', '/event-types', { name: 'au/dited', tenant: 'audited' });
  await ask('DELETE', '/event-types/au%2Fdited?tenant=audited');
  const { body } = await ask('GET', '/audit?tenant=audited&target_id=au/dited');
  t.strictSame(
    body.data.map(({ operation, status, target_id }: any) => [operation, status, target_id]),
    [
      ['deleteEventType', 204, 'au/dited'],
      ['createEventType', 201, 'au/dited'],
    ],
  );
});

const document = (schema: object, rest: object = {}) => ({
  openapi: '3.1.0',
  info: { title: 'Orders', version: '1' },
  webhooks: {
    'order.made': {
      post: {
        description: 'An order was made.',
        requestBody: {
          content: {
            'application/json': { schema: { $ref: '#/components/schemas/Order' }, ...rest },
          },
        },
      },
    },
    ping: { post: { deprecated: true } },
  },
  components: { schemas: { Order: schema } },
});

t.test('an OpenAPI document is imported, and again without a change', async (t) => {
  const given = document(ORDER, { example: { id: 1, total: '2.00' } });
  const path = '/event-types/import?tenant=imported';
  const actions = ({ body }: any) => body.data.map(({ name, action }: any) => `${name} ${action}`);
  const tried = await ask('POST', `${path}&dry_run=true`, given);
  t.match(tried, { status: 200, body: { dry_run: true } });
  t.strictSame(actions(tried), ['order.made created', 'ping created']);
  t.strictSame((await ask('GET', '/event-types?tenant=imported')).body.data, []);

  t.strictSame(actions(await ask('POST', path, given)), ['order.made created', 'ping created']);
  t.match((await ask('GET', '/event-types/order.made?tenant=imported')).body, {
    description: 'An order was made.',
    version: 1,
    enforce: 'off',
    example: { id: 1 },
    schema: { $ref: '#/$defs/Order', $defs: { Order: ORDER } },
  });
  t.match((await ask('GET', '/event-types/ping?tenant=imported')).body, {
    deprecated: true,
    schema: null,
  });
  await ask('PATCH', '/event-types/order.made?tenant=imported', { enforce: 'reject' });
  t.strictSame(actions(await ask('POST', path, given)), ['order.made unchanged', 'ping unchanged']);

  const exported = await ask('GET', '/event-types.json?tenant=imported');
  t.strictSame(
    actions(await ask('POST', path, exported.body)),
    ['order.made unchanged', 'ping unchanged'],
    'what is exported is imported without a change',
  );
  const described = {
    ...given,
    webhooks: { ...given.webhooks, ping: { post: { description: 'Hello.' } } },
  };
  t.strictSame(actions(await ask('POST', path, described)), [
    'order.made unchanged',
    'ping updated',
  ]);
  t.match((await ask('GET', '/event-types/order.made?tenant=imported')).body, {
    enforce: 'reject',
    version: 1,
  });

  const breaking = document({ ...ORDER, required: [] });
  const refused = await ask('POST', path, breaking);
  t.match(refused, { status: 409, body: { code: 'breaking_change' } });
  t.ok(
    pointersOf(refused).every((pointer) =>
      pointer.startsWith('/webhooks/order.made/post/requestBody/content/application~1json/schema/'),
    ),
  );
  t.match(await ask('POST', `${path}&dry_run=true`, breaking), {
    status: 200,
    body: { data: [{ name: 'order.made', action: 'updated', breaking: [{}, {}] }, {}] },
  });
  t.match(await ask('POST', `${path}&allow_breaking=true`, breaking), { status: 200 });
  t.match((await ask('GET', '/event-types/order.made?tenant=imported')).body, { version: 2 });
});

t.test('an import is YAML too, and all of it or nothing', async (t) => {
  const yaml = (body: string, query = '') =>
    service.call('POST', `/event-types/import${query}`, {
      headers: { ...root, 'content-type': 'application/yaml' },
      body,
    });
  t.match(await yaml('openapi: 3.1.0\nwebhooks:\n  from.yaml:\n    post: { description: Hi }\n'), {
    status: 200,
    body: { data: [{ name: 'from.yaml', action: 'created' }] },
  });
  const bad = await ask('POST', '/event-types/import?tenant=half', {
    ...document({ type: 'nothing' }),
    webhooks: { first: { post: {} }, ...document({}).webhooks },
  });
  t.match(bad, { status: 400, body: { code: 'invalid_request' } });
  t.match(
    pointersOf(bad)[0],
    /^\/webhooks\/order\.made\/post\/requestBody\/content\/application~1json\/schema/,
  );
  t.strictSame((await ask('GET', '/event-types?tenant=half')).body.data, []);
  t.match(await ask('POST', '/event-types/import', { openapi: '3.0.0' }), {
    status: 400,
    body: { errors: [{ pointer: '/openapi' }] },
  });
  t.equal((await yaml('a: [')).status, 400);
  t.equal((await yaml(`a: ${'x'.repeat(300_000)}`)).status, 413);
  const bomb = [
    'a: &a [x,x,x,x,x,x,x,x,x,x]',
    ...'bcdefghi'
      .split('')
      .map(
        (name, at) =>
          `${name}: &${name} [${Array.from({ length: 10 }, () => `*${'abcdefgh'[at]}`)}]`,
      ),
  ].join('\n');
  t.equal((await yaml(bomb)).status, 400, 'one whose aliases multiply');
  t.equal(
    (
      await service.call('POST', '/event-types/import', {
        headers: { ...root, 'content-type': 'text/plain' },
        body: 'x',
      })
    ).status,
    415,
  );
});

t.test('a tenant has a bounded number of types', async (t) => {
  await service.pool.query(`insert into posthorn.event_types (tenant, name)
    select 'full', 'type.' || n from generate_series(1, 1000) n`);
  t.match(await ask('POST', '/event-types', { name: 'one.more', tenant: 'full' }), { status: 400 });
  t.equal(
    (await ask('PATCH', '/event-types/type.1?tenant=full', { description: 'x' })).status,
    200,
  );
});

t.test('the catalogue as TypeScript', async (t) => {
  await ask('POST', '/event-types', { name: 'ts.made', tenant: 'typed', schema: ORDER });
  const { status, headers, body } = await ask('GET', '/event-types.ts?tenant=typed');
  t.equal(status, 200);
  t.match(headers.get('content-type'), 'text/plain');
  t.match(body, /export type TsMade = \{\n {2}id: number;\n {2}total: string;\n\};/);
  t.match(body, /"ts\.made": TsMade;/);
});
