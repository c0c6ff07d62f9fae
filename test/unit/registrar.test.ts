import Fastify from 'fastify';
import t from 'tap';
import type { Test } from 'tap';

import { AppError } from '../../src/base/errors.ts';
import type { FieldError } from '../../src/base/errors.ts';
import { allowEveryone } from '../../src/access/authenticate.ts';
import type { Principal } from '../../src/base/principal.ts';
import type { Authenticate } from '../../src/http/registrar.ts';
import { handleError } from '../../src/http/problem.ts';
import type { AnyHandler, HandlersOf } from '../../src/http/contract.ts';
import { parseDocument } from '../../src/openapi/document.ts';
import { registerOperations } from '../../src/http/registrar.ts';
import type { RegistrarOptions } from '../../src/http/registrar.ts';

const SOURCE = `
openapi: 3.1.1
info: { title: Fixture, version: '1' }
security: [{ key: [read] }]
paths:
  /things/{id}:
    parameters: [{ $ref: '#/components/parameters/Id' }]
    get:
      operationId: getThing
      parameters:
        - { name: limit, in: query, schema: { type: integer, minimum: 1, default: 20 } }
        - { name: tag, in: query, schema: { type: array, items: { type: string } } }
        - { name: X-Count, in: header, schema: { type: integer } }
      responses:
        '200':
          description: Found.
          content: { application/json: { schema: { $ref: '#/components/schemas/Thing' } } }
    put:
      operationId: putThing
      security: [{ key: [admin] }]
      requestBody:
        required: true
        content: { application/json: { schema: { $ref: '#/components/schemas/Thing' } } }
      responses:
        '204': { description: Kept. }
    delete:
      operationId: deleteThing
      responses:
        '204': { description: Gone. }
  /raw:
    post:
      operationId: takeRaw
      x-raw-body: true
      security: []
      requestBody:
        required: true
        content: { application/json: { schema: { type: string } } }
      responses:
        '202':
          description: Taken.
          headers: { Location: { required: true, schema: { type: string } } }
          content: { application/json: { schema: {} } }
components:
  parameters:
    Id: { name: id, in: path, required: true, schema: { type: integer } }
  schemas:
    Name: { type: string, minLength: 1 }
    Thing:
      type: object
      additionalProperties: false
      required: [name]
      properties:
        name: { $ref: '#/components/schemas/Name' }
        count: { type: [integer, 'null'] }
  securitySchemes:
    key: { type: http, scheme: bearer }
`;

type Headers = { [name: string]: unknown };
type Thing = { name: string; count?: number | null };

/** What openapi-typescript makes of the document above. */
interface FixtureOperations {
  getThing: {
    parameters: {
      query?: { limit?: number; tag?: string[] };
      header?: { 'X-Count'?: number };
      path: { id: number };
    };
    requestBody?: never;
    responses: { 200: { headers: Headers; content: { 'application/json': Thing } } };
  };
  putThing: {
    parameters: { query?: never; path: { id: number } };
    requestBody: { content: { 'application/json': Thing } };
    responses: {
      204: { headers: Headers; content?: never };
      409: { headers: Headers; content: { 'application/problem+json': object } };
    };
  };
  deleteThing: {
    parameters: { path: { id: number } };
    requestBody?: never;
    responses: { 204: { headers: Headers; content?: never } };
  };
  takeRaw: {
    parameters: { path?: never };
    requestBody: { content: { 'application/json': string } };
    responses: {
      202: {
        headers: { Location: string } & Headers;
        content: { 'application/json': unknown };
      };
    };
  };
}

type FixtureHandlers = HandlersOf<FixtureOperations, 'takeRaw'>;

const handlers = {
  getThing: ({ params }) => ({ status: 200, body: { name: `thing ${params.id}` } }),
  putThing: () => ({ status: 204 }),
  deleteThing: () => ({ status: 204 }),
  takeRaw: ({ body }) => ({ status: 202, body, headers: { Location: '/raw/1' } }),
} satisfies FixtureHandlers;

async function build(t: Test, options: Partial<RegistrarOptions> = {}, source = SOURCE) {
  const app = Fastify();
  t.teardown(() => app.close());
  app.setErrorHandler(handleError);
  await registerOperations(app, {
    document: parseDocument(source),
    handlers,
    authenticate: allowEveryone,
    rawOperations: ['takeRaw'],
    ...options,
  });
  return app;
}

const withHandler = (id: keyof FixtureHandlers, handler: AnyHandler) => ({
  handlers: { ...handlers, [id]: handler },
});
type Input = {
  params: object;
  query: object;
  headers: Record<string, unknown>;
  principal: Principal;
};
const json = { 'content-type': 'application/json' };

t.test('parameters are coerced and given their defaults', async (t) => {
  let seen: object = {};
  const app = await build(
    t,
    withHandler('getThing', ({ params, query, headers }: Input) => {
      seen = { params, query, count: headers['x-count'] };
      return { status: 200, body: { name: 'x' } };
    }),
  );
  await app.inject({ url: '/things/7?tag=a', headers: { 'X-Count': '3' } });
  t.same(seen, { params: { id: 7 }, query: { tag: ['a'], limit: 20 }, count: 3 });
});

t.test('every faulty parameter is named by where it was given', async (t) => {
  const app = await build(t);
  const response = await app.inject('/things/7?limt=5&limit=0&limit=x');
  t.equal(response.statusCode, 400);
  t.equal(response.headers['content-type'], 'application/problem+json; charset=utf-8');
  t.strictSame(response.json(), {
    type: 'urn:posthorn:problem:invalid_request',
    title: 'Invalid request',
    status: 400,
    code: 'invalid_request',
    detail: 'The query string is not valid: /query/limt is not allowed.',
    errors: [
      { pointer: '/query/limt', detail: 'is not allowed' },
      { pointer: '/query/limit', detail: 'must be integer' },
    ],
  });
  const pointers = async (url: string, headers = {}) =>
    (await app.inject({ url, headers })).json().errors.map((one: FieldError) => one.pointer);
  t.strictSame(await pointers('/things/x'), ['/path/id']);
  t.strictSame(await pointers('/things/7', { 'x-count': 'many' }), ['/header/x-count']);
  t.strictSame(await pointers('/things/7?limit='), ['/query/limit']);
});

t.test('a body is neither coerced nor stripped, and every fault in it is named', async (t) => {
  const app = await build(t);
  const put = (payload: string) =>
    app.inject({ method: 'PUT', url: '/things/1', headers: json, payload });
  t.equal((await put('{"name":"x","count":null}')).statusCode, 204);
  const faulty = await put('{"count":"1","a/b":2}');
  t.equal(faulty.statusCode, 400);
  t.strictSame(faulty.json().errors, [
    { pointer: '/name', detail: 'is required' },
    { pointer: '/a~1b', detail: 'is not allowed' },
    { pointer: '/count', detail: 'must be integer,null' },
  ]);
  const huge = await put(JSON.stringify({ a: 1, b: 2, c: 'x'.repeat(70_000) }));
  t.equal(huge.json().errors.length, 1, 'of a large body only the first fault');
});

t.test('what is not a JSON body is refused before the handler', async (t) => {
  const app = await build(t);
  const put = async (payload: string | Buffer | undefined, headers: object = json) => {
    const request = { method: 'PUT', url: '/things/1', headers, payload } as const;
    const answer = await app.inject({ ...request, headers: { ...headers } });
    return [answer.statusCode, answer.json().code];
  };
  t.strictSame(await put(undefined, {}), [400, 'invalid_json']);
  t.strictSame(await put(''), [400, 'invalid_json']);
  t.strictSame(await put('{"name":'), [400, 'invalid_json']);
  t.strictSame(await put('{"name":"x","__proto__":{"a":1}}'), [400, 'invalid_json']);
  t.strictSame(await put(`{"name":${'['.repeat(100_000)}`), [400, 'invalid_json']);
  t.strictSame(await put(Buffer.from([0x22, 0xff, 0x22])), [400, 'invalid_encoding']);
  t.strictSame(await put('{"name":"x"}', { 'content-type': 'text/plain' }), [
    415,
    'unsupported_media_type',
  ]);
  t.strictSame(await put('x'.repeat(1_048_577)), [413, 'payload_too_large']);
  const deepLooking = JSON.stringify({ name: '[{"'.repeat(100) });
  const like = { method: 'PUT', url: '/things/1', headers: json } as const;
  t.equal((await app.inject({ ...like, payload: deepLooking })).statusCode, 204);
});

t.test('where no body is wanted, whatever comes is ignored', async (t) => {
  const app = await build(t);
  for (const type of ['application/json', 'application/x-www-form-urlencoded', 'text/plain']) {
    const headers = { 'content-type': type };
    const request = { method: 'DELETE', url: '/things/1', headers, payload: 'x' } as const;
    const response = await app.inject(request);
    t.equal(response.statusCode, 204, type);
    t.equal(response.body, '');
  }
});

t.test('a raw body reaches the handler as the bytes sent', async (t) => {
  const app = await build(t);
  const post = (payload: string | Buffer, type: string | undefined) =>
    app.inject({
      method: 'POST',
      url: '/raw',
      payload,
      headers: type ? { 'content-type': type } : {},
    });
  const bytes = Buffer.from('\ufeff{"a":1,"a":1.000, "b":"\\u0000"}\n{not json');
  const types = ['application/json', 'Application/JSON; charset=utf-8', 'application/x+json'];
  for (const type of types) {
    const response = await post(bytes, type);
    t.equal(response.statusCode, 202, type);
    t.strictSame(response.rawPayload, bytes);
    t.equal(response.headers['content-type'], 'application/json');
    t.equal(response.headers.location, '/raw/1');
  }
  for (const type of ['text/plain', 'application/jsonp', 'application/json5', undefined]) {
    t.equal((await post('{}', type)).statusCode, 415, `content type ${type}`);
  }
  t.equal((await post('{}', 'nonsense')).statusCode, 415);
  t.equal((await post('', 'application/json')).statusCode, 400);
  t.equal((await app.inject({ method: 'POST', url: '/raw' })).statusCode, 400);
  t.equal((await post('x'.repeat(1_048_577), 'application/json')).statusCode, 413);
});

t.test('a response holds the declared members alone', async (t) => {
  const app = await build(
    t,
    withHandler('getThing', () => ({ status: 200, body: { name: 'x', secret: 's' } })),
  );
  t.equal((await app.inject('/things/1')).body, '{"name":"x"}');
});

t.test('an answer the document does not declare is a 500 that says nothing', async (t) => {
  const undeclared = [
    { status: 201, body: { name: 'x' } },
    { status: 200 },
    { status: 200, body: { count: 1 } },
  ];
  for (const answer of undeclared) {
    const app = await build(
      t,
      withHandler('getThing', () => answer),
    );
    const response = await app.inject('/things/1');
    t.equal(response.statusCode, 500);
    t.equal(response.json().detail, 'Something went wrong on our side.');
  }
  const app = await build(
    t,
    withHandler('deleteThing', () => ({ status: 204, body: {} })),
  );
  t.equal((await app.inject({ method: 'DELETE', url: '/things/1' })).statusCode, 500);
});

t.test('who may call is decided before the body is read, by what the operation asks', async (t) => {
  const asked: unknown[] = [];
  const authenticate: Authenticate = (_request, { id, security }) => {
    asked.push([id, security]);
    if (id === 'putThing') throw new AppError('forbidden', 'No.');
    return { tenant: 'acme', scopes: ['read'] };
  };
  let tenant: string | null = null;
  const app = await build(t, {
    authenticate,
    ...withHandler('deleteThing', ({ principal }: Input) => {
      tenant = principal.tenant;
      return { status: 204 };
    }),
  });
  const refused = { method: 'PUT' as const, url: '/things/1', headers: json, payload: 'not json' };
  t.equal((await app.inject(refused)).statusCode, 403);
  await app.inject({ method: 'DELETE', url: '/things/1' });
  await app.inject({ method: 'POST', url: '/raw', headers: json, payload: '1' });
  t.equal(tenant, 'acme');
  t.strictSame(asked, [
    ['putThing', [{ key: ['admin'] }]],
    ['deleteThing', [{ key: ['read'] }]],
    ['takeRaw', []],
  ]);
});

t.test('boot fails on drift between document and code, in either direction', async (t) => {
  const { deleteThing, ...incomplete } = handlers;
  await t.rejects(build(t, { handlers: incomplete }), /deleteThing has no handler/);
  await t.rejects(
    build(t, { handlers: { ...handlers, makeThing: deleteThing } }),
    /the handler makeThing has no operation/,
  );
  await t.rejects(build(t, { rawOperations: [] }), /takeRaw is not typed as raw/);
  await t.rejects(build(t, { rawOperations: ['takeRaw', 'x'] }), /x is not x-raw-body/);
  const edit = (from: string, to: string) => build(t, {}, SOURCE.replace(from, to));
  await t.rejects(edit('[{ key: [admin] }]', '[{ token: [] }]'), /scheme token/);
  await t.rejects(edit('operationId: putThing', 'operationId: getThing'), /declared twice/);
  await t.rejects(edit('operationId: putThing', 'summary: Put'), /has no operationId/);
  await t.rejects(edit("parameters/Id'", "parameters/Nobody'"), /leads nowhere/);
  await t.rejects(async () => {
    const app = await edit('minLength: 1', 'minLenght: 1');
    await app.ready();
  }, /unknown keyword: "minLenght"/);
});

t.test('the types of handlers refuse what the document does not declare', async (t) => {
  const wrong: FixtureHandlers = {
    // @ts-expect-error a member is missing
    getThing: () => ({ status: 200, body: { count: 1 } }),
    // @ts-expect-error a problem is thrown, not answered
    putThing: () => ({ status: 409, body: {} }),
    // @ts-expect-error the status is not declared
    deleteThing: () => ({ status: 200 }),
    // @ts-expect-error a required header is missing
    takeRaw: async ({ body }) => ({ status: 202, body }),
  };
  const reads: Partial<FixtureHandlers> = {
    // @ts-expect-error there is no such parameter
    getThing: ({ params }) => ({ status: 200, body: { name: String(params.name) } }),
    // @ts-expect-error there is no body
    deleteThing: ({ body }) => ({ status: body.name ? 204 : 204 }),
  };
  const right: FixtureHandlers = {
    getThing: async ({ query, headers }) => {
      const count: number | undefined = headers['x-count'];
      const limit: number = query.limit;
      return { status: 200, body: { name: 'x', count: count ?? limit } };
    },
    putThing: async ({ body }) => (body.name satisfies string, { status: 204 }),
    deleteThing: () => ({ status: 204 }),
    takeRaw: ({ body }) => ({
      status: 202,
      body: body satisfies Buffer,
      headers: { Location: '/' },
    }),
  };
  t.ok(wrong && reads && right);
});
