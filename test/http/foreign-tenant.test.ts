import t from 'tap';
import type { Test } from 'tap';
import { isPortalToken } from '../../src/access/portal-session.ts';
import type { JsonSchema, Operation } from '../../src/openapi/document.ts';
import { NOWHERE } from '../helpers/api.ts';
import { apiDocument, type Answer } from '../helpers/contract.ts';
import { bearer, keyMaker } from '../helpers/keys.ts';
import { startService } from '../helpers/service.ts';
import { createFixtures, idIn, type Fixtures } from '../helpers/tenant-fixtures.ts';

// Every operation by every name it takes, with every kind of key.
t.setTimeout(300_000);

const ROOT = 'root-key-of-the-environment';
const OWN = 'acme';
const FOREIGN = 'other';
const service = await startService(t, { hasWorker: false, env: { API_KEYS: ROOT } });
const root = bearer(ROOT);

/** What shows all tenants together, and names none. */
const OF_ALL_TENANTS = ['getMetrics', 'getOperations', 'listTenants'];
/** Parameters and members, by name, that lead to a thing of a tenant. A new one has to be named here. */
const THINGS: Readonly<Record<string, keyof Fixtures>> = {
  subscription_id: 'subscription',
  target_subscription_id: 'subscription',
  event_id: 'event',
  target_id: 'subscription',
};
/** What looks like the name of a thing and is none. */
const NO_THINGS = ['Last-Event-ID', 'webhook-id'];

type At = { readonly name: string; readonly in: 'path' | 'query' | 'header' | 'body' };

/** One way in which an operation names whose things it is about. */
type Naming = At & { readonly operation: Operation };

const isPlainRead = ({ method, path }: Operation): boolean =>
  method === 'GET' && !path.includes('{');
const secured = apiDocument.operations.filter(({ security }) => security.length > 0);

/** The members of a body, those of a batch's events included. */
function membersOf(schema: JsonSchema | undefined): Map<string, JsonSchema> {
  if (schema === undefined) return new Map();
  const { $ref, properties, items } = schema as {
    $ref?: string;
    properties?: object;
    items?: JsonSchema;
  };
  const parts = ['oneOf', 'anyOf', 'allOf'].flatMap(
    (key) => (schema[key] as JsonSchema[] | undefined) ?? [],
  );
  if ($ref !== undefined) parts.push(resolve($ref));
  if (items !== undefined) parts.push(items);
  return new Map([
    ...Object.entries(properties ?? {}),
    ...parts.flatMap((part) => [...membersOf(part)]),
  ]);
}

function resolve(reference: string): JsonSchema {
  const [, , kind = '', name = ''] = reference.split('/');
  return (apiDocument.components[kind] as Record<string, JsonSchema>)[name] as JsonSchema;
}

function isNaming(at: At, schema: JsonSchema): boolean {
  if (NO_THINGS.includes(at.name)) return false;
  return (
    at.in === 'path' ||
    at.name === 'tenant' ||
    at.name in THINGS ||
    /tenant|(^|[_-])ids?$/i.test(at.name) ||
    /\/(Id|Tenant)$/.test(String(schema['$ref']))
  );
}

function namingsOf(operation: Operation): Naming[] {
  const places = [
    ...operation.parameters.map(({ name, in: place, schema }) => ({ name, in: place, schema })),
    ...[...membersOf(operation.requestBody?.schema)].map(([name, schema]) => ({
      name,
      in: 'body',
      schema,
    })),
  ] as (At & { schema: JsonSchema })[];
  return places.filter((at) => isNaming(at, at.schema)).map((at) => ({ ...at, operation }));
}

/** Bodies that the document gives as examples, of which one is enough where none names anything. */
function examplesOf({ path, method }: Operation): unknown[] {
  const item = (apiDocument.json as any).paths[path][method.toLowerCase()];
  const examples = item.requestBody?.content?.['application/json']?.examples ?? {};
  return Object.values<any>(examples).map(({ value }) => value);
}

/** What excludes each other in the body of a filter test. */
const INSTEAD_OF: Readonly<Record<string, string>> = {
  subscription_id: 'filter',
  event_id: 'event',
};

function withMember(
  body: any,
  name: string,
  value: string | null,
): { body: unknown; pointer: string } {
  if (!Array.isArray(body)) {
    const { [INSTEAD_OF[name] ?? '']: _, ...rest } = body;
    return {
      body: { ...('payload' in body || 'event' in body ? rest : body), [name]: value },
      pointer: `/${name}`,
    };
  }
  const last = body.length - 1;
  return {
    body: [...body.slice(0, -1), { ...body[last], [name]: value }],
    pointer: `/${last}/${name}`,
  };
}

/** The operation's body with the subscription that it needs. */
function ownBody(example: any, own: Fixtures): any {
  const isNamed = typeof example === 'object' && example !== null && 'subscription_id' in example;
  return isNamed ? { ...example, subscription_id: own.subscription } : example;
}

type Asked = { readonly answer: Answer; readonly pointer: string };

/** Asks for what the key is for, but for the one thing named. */
async function ask(
  naming: Naming,
  value: string | null,
  own: Fixtures,
  key: string,
  example: any,
): Promise<Asked> {
  const { operation } = naming;
  const path = operation.path.replaceAll(/\{[^}]+\}/g, () =>
    naming.in === 'path' ? String(value) : idIn(operation.path, own),
  );
  const query = naming.in === 'query' ? `?${naming.name}=${value}` : '';
  const made =
    naming.in === 'body'
      ? withMember(example, naming.name, value)
      : { body: ownBody(example, own), pointer: `/${naming.in}/${naming.name}` };
  return { pointer: made.pointer, answer: await send(operation, path + query, key, made.body) };
}

async function send(
  operation: Operation,
  path: string,
  key: string,
  body?: unknown,
): Promise<Answer> {
  if (operation.id !== 'openStream') {
    return service.call(operation.method, path, {
      headers: bearer(key),
      ...(body !== undefined && { json: body }),
    });
  }
  // It would not end.
  const stop = new AbortController();
  const response = await fetch(service.address + path, {
    headers: bearer(key),
    signal: stop.signal,
  });
  const { status, headers } = response;
  const text = status === 200 ? '' : await response.text();
  stop.abort();
  return { status, headers, text, body: text === '' ? undefined : JSON.parse(text) };
}

/** Without what no two answers have in common. */
const normalized = (text: string): string =>
  text
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'ID')
    .replaceAll(/fixtures\.\w+/g, 'NAME')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME');

/** Names of the tenant's things that an answer gives away; not those that were asked for. */
const leaked = ({ text }: Answer, foreign: Fixtures, asked?: string): string[] =>
  Object.values(foreign).filter((one) => one !== asked && text.includes(`"${one}"`));

/** Everything that is the tenant's, to see whether it is as it was. */
async function stateOf(tenant: string): Promise<unknown> {
  const tables = [
    'subscriptions',
    'events',
    'deliveries',
    'replays',
    'api_keys',
    'portal_sessions',
    'event_types',
    'audit_log',
  ];
  return Promise.all(
    tables.map(
      async (table) =>
        (
          await service.pool.query(
            `select '${table}' as name, count(*), md5(string_agg(one::text, ',' order by one::text)) as state
    from posthorn.${table} as one where tenant = $1`,
            [tenant],
          )
        ).rows[0],
    ),
  );
}

async function covers(
  t: Test,
  operation: Operation,
  key: string,
  own: Fixtures,
  foreign: Fixtures,
): Promise<void> {
  const namings = namingsOf(operation);
  const examples = examplesOf(operation);
  if (operation.requestBody?.mediaTypes.includes('application/json') && examples.length === 0) {
    t.fail(`${operation.id} has an example of its body, to be asked with`);
  }
  for (const naming of namings) {
    const name = `${operation.id} ${naming.in} ${naming.name}`;
    for (const example of examples.length === 0 ? [undefined] : examples) {
      if (naming.name === 'tenant') {
        // Neither one that there is, nor one that there is not, nor what no tenant is called.
        for (const tenant of [
          FOREIGN,
          'nobody-at-all',
          ...(operation.id === 'createApiKey' ? [null] : []),
        ]) {
          const { answer, pointer } = await ask(naming, tenant, own, key, example);
          t.match(
            answer,
            {
              status: 403,
              body: { code: 'tenant_forbidden', errors: [{ pointer }] },
            },
            `${name} ${tenant}`,
          );
        }
        const magic = await ask(naming, ' ', own, key, example);
        t.ok([400, 403].includes(magic.answer.status), `${name} ' ' is ${magic.answer.status}`);
        continue;
      }
      const value =
        naming.in === 'path'
          ? idIn(operation.path, foreign)
          : foreign[THINGS[naming.name] ?? 'tenant'];
      t.ok(
        naming.in === 'path' || naming.name in THINGS,
        `${name}: is it a thing of a tenant's? Name it in THINGS`,
      );
      const there = await ask(naming, value, own, key, example);
      const nowhere = await ask(naming, NOWHERE, own, key, example);
      t.equal(there.answer.status, nowhere.answer.status, name);
      t.equal(
        normalized(there.answer.text),
        normalized(nowhere.answer.text),
        `${name} is as if there were nothing`,
      );
      t.strictSame(leaked(there.answer, foreign, value), [], name);
      // What a subscriber may not set is refused before anything is looked up.
      if (there.answer.body?.code === 'forbidden' && isPortalToken(key)) continue;
      if (naming.in === 'path') t.equal(there.answer.status, 404, name);
      if (there.answer.status === 400)
        t.match(there.answer.body.errors, [{ pointer: there.pointer }], name);
      t.ok([200, 202, 400, 404].includes(there.answer.status), `${name} is ${there.answer.status}`);
    }
  }
  if (OF_ALL_TENANTS.includes(operation.id)) {
    t.match(
      await send(operation, operation.path, key),
      { status: 403, body: { code: 'tenant_forbidden' } },
      operation.id,
    );
    return;
  }
  if (isPlainRead(operation)) {
    const answer = await send(operation, operation.path, key);
    t.equal(answer.status, 200, operation.id);
    t.strictSame(leaked(answer, foreign), [], operation.id);
  }
  t.ok(
    isPlainRead(operation) || namings.length > 0,
    `${operation.id}: how does it know whose things it is about?`,
  );
}

t.test(
  'every operation of openapi.yaml answers a key of another tenant in the one way',
  async (t) => {
    const [own, foreign] = [
      await createFixtures(service, root, OWN),
      await createFixtures(service, root, FOREIGN),
    ];
    const before = await stateOf(FOREIGN);
    const key = await keyMaker(service)(['admin'], OWN);

    const {
      body: { token },
    } = await service.call('POST', `/tenants/${OWN}/portal-session`, { headers: root });
    const theirs = secured.filter(({ security }) =>
      security.some((requirement) => 'portal' in requirement),
    );
    t.ok(theirs.length > 20);

    // Lists come first: later on, those of calls tell which ids a caller has tried.
    for (const isRead of [true, false]) {
      for (const [name, caller, operations] of [
        ['a key', key, secured],
        ['a portal session', token, theirs],
      ] as const) {
        await t.test(
          `${name}, by ${isRead ? 'lists and numbers' : 'everything else'}`,
          async (t) => {
            for (const operation of operations.filter((one) => isPlainRead(one) === isRead)) {
              await covers(t, operation, caller, own, foreign);
            }
          },
        );
      }
    }

    t.strictSame(await stateOf(FOREIGN), before, "nothing of the other tenant's has changed");
  },
);

t.test('a key for all tenants names any of them, and gets what is there', async (t) => {
  for (const operation of secured.filter(({ id }) => id !== 'openStream')) {
    if (!operation.parameters.some(({ name, in: place }) => name === 'tenant' && place === 'query'))
      continue;
    if (operation.path.includes('{') || operation.method !== 'GET') continue;
    const answer = await service.call('GET', `${operation.path}?tenant=${FOREIGN}`, {
      headers: root,
    });
    t.equal(answer.status, 200, operation.id);
    t.notOk(answer.text.includes(`"${OWN}"`), operation.id);
  }
});
