import t from 'tap';
import {
  DocumentError,
  readWebhooks,
  writeWebhooks,
} from '../../src/event-types/openapi-webhooks.ts';

const body = (schema: object, rest: object = {}) => ({
  requestBody: { content: { 'application/json': { schema, ...rest } } },
});

t.test('webhooks become types, with what their schemas refer to', async (t) => {
  const [order, ping, other] = readWebhooks({
    openapi: '3.1.0',
    webhooks: {
      'order.created': {
        post: {
          summary: 'Short',
          description: 'An order was placed.',
          deprecated: true,
          ...body({ $ref: '#/components/schemas/Order' }, { example: { id: 1 } }),
        },
      },
      ping: { $ref: '#/components/pathItems/ping' },
      other: { post: { summary: 'Only that', requestBody: { content: { 'text/plain': {} } } } },
    },
    components: {
      schemas: {
        Order: {
          type: 'object',
          properties: {
            lines: { type: 'array', items: { $ref: '#/components/schemas/Line' } },
            parent: { $ref: '#/components/schemas/Order' },
          },
        },
        Line: { type: 'object', properties: { order: { $ref: '#/components/schemas/Order' } } },
      },
      examples: { one: { value: 'pong' } },
      requestBodies: {
        ping: {
          content: {
            'application/vnd.x+json': {
              schema: { type: 'string' },
              examples: { one: { $ref: '#/components/examples/one' } },
            },
          },
        },
      },
      pathItems: { ping: { post: { requestBody: { $ref: '#/components/requestBodies/ping' } } } },
    },
  });
  t.match(order, {
    name: 'order.created',
    description: 'An order was placed.',
    deprecated: true,
    example: { id: 1 },
  });
  t.strictSame(order?.schema, {
    $ref: '#/$defs/Order',
    $defs: {
      Line: { type: 'object', properties: { order: { $ref: '#/$defs/Order' } } },
      Order: {
        type: 'object',
        properties: {
          lines: { type: 'array', items: { $ref: '#/$defs/Line' } },
          parent: { $ref: '#/$defs/Order' },
        },
      },
    },
  });
  t.match(ping, { name: 'ping', schema: { type: 'string' }, example: 'pong', description: null });
  t.match(other, { name: 'other', description: 'Only that', schema: null, example: null });
});

t.test('what is written is read back', async (t) => {
  const types = [
    { name: 'a/b:c', description: null, schema: null, example: null, deprecated: false },
    {
      name: 'tree',
      description: 'Grows.',
      example: { branches: [{}] },
      deprecated: true,
      schema: {
        properties: { branches: { items: { $ref: '#' } }, leaf: { $ref: '#/$defs/a~1leaf' } },
        $defs: { 'a/leaf': { type: 'string' } },
      },
    },
  ];
  const read = readWebhooks(JSON.parse(JSON.stringify(writeWebhooks(types))));
  t.match(read, types);
  t.strictSame(
    read.map(({ schema }) => schema),
    types.map(({ schema }) => schema),
  );
});

t.test('names that are taken are told apart', async (t) => {
  const [type] = readWebhooks({
    openapi: '3.1.1',
    webhooks: {
      a: {
        post: body({
          anyOf: [
            { $ref: '#/x/thing' },
            { $ref: '#/y/thing' },
            { $ref: '#/webhooks/a/post/requestBody/content/application~1json/schema/$defs/thing' },
          ],
          $defs: { thing: { const: 0 } },
        }),
      },
    },
    x: { thing: { const: 1 } },
    y: { thing: { const: 2 } },
  });
  t.strictSame(type?.schema, {
    anyOf: [{ $ref: '#/$defs/thing_2' }, { $ref: '#/$defs/thing_3' }, { $ref: '#/$defs/thing' }],
    $defs: { thing: { const: 0 }, thing_2: { const: 1 }, thing_3: { const: 2 } },
  });
});

t.test('what cannot be read is refused with its place', async (t) => {
  const documents: [unknown, ...string[]][] = [
    [null, '/openapi'],
    [{ openapi: '3.0.3', webhooks: {} }, '/openapi'],
    [{ openapi: '3.1.0' }, '/webhooks'],
    [
      { openapi: '3.1.0', webhooks: { 'no spaces': {}, empty: {} } },
      '/webhooks/no spaces',
      '/webhooks/empty',
    ],
    [
      { openapi: '3.1.0', webhooks: { a: { post: body({ $ref: '#/nowhere' }) } } },
      '/webhooks/a/post/requestBody/content/application~1json/schema',
    ],
    [{ openapi: '3.1.0', webhooks: { a: { $ref: '#/webhooks/a' } } }, '/webhooks/a'],
  ];
  for (const [document, ...pointers] of documents) {
    try {
      readWebhooks(document);
      t.fail('is refused');
    } catch (error) {
      t.ok(error instanceof DocumentError);
      t.strictSame(
        (error as DocumentError).faults.map(({ pointer }) => pointer),
        pointers,
      );
    }
  }
});
