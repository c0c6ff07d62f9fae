import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import t from 'tap';
import { bearer, keyMaker } from '../helpers/keys.ts';
import { startService } from '../helpers/service.ts';

// Each run is a process of its own.
t.setTimeout(180_000);
const service = await startService(t, { hasWorker: false });
const folder = t.testdir({});
const key = await keyMaker(service)(['admin'], 'acme');

type Ran = { code: number; out: string; err: string };

const run = (args: string[], env: Record<string, string> = {}): Promise<Ran> =>
  new Promise((resolve) => {
    execFile(
      process.execPath,
      ['bin/posthorn.js', 'types', ...args],
      {
        env: {
          PATH: process.env['PATH'],
          POSTHORN_URL: service.address,
          POSTHORN_API_KEY: key,
          ...env,
        },
      },
      (error, out, err) => resolve({ code: Number(error?.code ?? 0), out, err }),
    );
  });

const file = async (name: string, content: unknown): Promise<string> => {
  const path = `${folder}/${name}`;
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
};
const document = (properties: object, names = ['order.created']) => ({
  openapi: '3.1.0',
  info: { title: 'Orders', version: '1' },
  webhooks: Object.fromEntries(
    names.map((name) => [
      name,
      {
        post: {
          requestBody: {
            content: {
              'application/json': { schema: { type: 'object', properties } },
            },
          },
        },
      },
    ]),
  ),
});
const BEFORE = document({ id: { type: 'integer' }, note: { type: 'string' } });
const AFTER = document({ id: { type: 'string' } });

t.test('check exits with 1 exactly when something breaks, and prints each', async (t) => {
  const before = await file('before.json', BEFORE);
  const after = await file('after.json', AFTER);
  t.strictSame(await run(['check', after, '--against', before]), {
    code: 1,
    err: '',
    out: [
      'breaking   order.created  /properties/id  may be string, was integer',
      'breaking   order.created  /properties/note  was removed',
      '1 event type compared: 2 breaking changes.',
      '',
    ].join('\n'),
  });
  t.strictSame(await run(['check', before, '--against', before]), {
    code: 0,
    err: '',
    out: '1 event type compared: nothing breaks.\n',
  });
  const json = await run(['check', after, '--against', before, '--json']);
  t.equal(json.code, 1);
  t.match(JSON.parse(json.out), {
    data: [{ name: 'order.created', breaking: [{ pointer: '/properties/id' }, {}] }],
  });
  const none = await file('other.yaml', 'openapi: 3.1.0\nwebhooks:\n  ping: { post: {} }\n');
  t.match(await run(['check', none, '--against', before]), {
    code: 1,
    out: /order\.created {2}was removed/,
  });
});

t.test(
  'import, check, pull and generate speak to the service as POSTHORN_URL and its key say',
  async (t) => {
    const before = await file('before.json', BEFORE);
    const after = await file('after.json', AFTER);
    t.match(
      await run(['check', after]),
      { code: 0, out: '0 event types compared' },
      'nothing was promised yet',
    );
    t.match(await run(['import', before, '--dry-run']), {
      code: 0,
      out: /^created {4}order\.created\nNothing/,
    });
    t.match(await run(['import', before]), { code: 0, out: 'created    order.created\n' });
    const { body } = await service.call('GET', '/event-types', { headers: bearer(key) });
    t.match(body.data, [{ tenant: 'acme', name: 'order.created' }]);
    t.match(await run(['check', after]), { code: 1, out: /2 breaking changes/ });
    t.match(await run(['check', after, '--against', service.address]), { code: 1 });
    t.match(await run(['import', after]), { code: 1, err: /allow_breaking.*\n.*\/properties\/id/ });
    t.match(await run(['import', after, '--dry-run']), {
      code: 0,
      out: /breaking {3}order\.created {2}\/properties\/id/,
    });
    t.match(await run(['import', after, '--allow-breaking', '--json']), {
      code: 0,
      out: /"action":"updated"/,
    });

    for (const name of ['pulled.json', 'pulled.yaml']) {
      const pulled = `${folder}/${name}`;
      t.match(await run(['pull', '--out', pulled]), { code: 0, out: '' });
      t.match(await run(['check', pulled]), { code: 0 });
      t.match(await run(['import', pulled]), { code: 0, out: 'unchanged  order.created\n' });
    }
    t.match(JSON.parse((await run(['pull'])).out), {
      openapi: '3.1.1',
      webhooks: { 'order.created': {} },
    });
    const made = await run(['generate']);
    t.match(made, { code: 0, out: /export type OrderCreated = \{\n {2}id\?: string;\n\};/ });
    await run(['generate', '--from', after, '--out', `${folder}/types.ts`]);
    t.equal(
      await readFile(`${folder}/types.ts`, 'utf8'),
      made.out,
      'from a file as from the service',
    );
  },
);

t.test('what cannot be done is told in a line, and is 1', async (t) => {
  const good = await file('good.json', BEFORE);
  t.match(await run(['check']), { code: 2, out: '', err: /file/ });
  t.match(await run(['pull', '--colour']), { code: 2, out: '', err: /colour/ });
  const cases: [string[], RegExp, Record<string, string>?][] = [
    [['check', `${folder}/none.json`], /cannot read/],
    [['check', await file('bad.json', '{')], /neither JSON nor YAML/],
    [['check', await file('old.json', { openapi: '3.0.0' })], /\/openapi must be 3\.1/],
    [['pull'], /A valid API key is required/, { POSTHORN_API_KEY: '' }],
    [['check', good], /http:\/\/127\.0\.0\.1:1/, { POSTHORN_URL: 'http://127.0.0.1:1' }],
    [['pull', '--tenant', 'elsewhere'], /tenant/],
    [['pull', '--out', `${folder}/no/such/folder`], /cannot write/],
  ];
  await Promise.all(
    cases.map(async ([args, message, env]) => {
      t.match(await run(args, env), { code: 1, out: '', err: message }, args.join(' '));
    }),
  );
});
