import { randomBytes } from 'node:crypto';
import pg from 'pg';
import t, { type Test } from 'tap';
import { runCli } from '../helpers/cli.ts';
import { createTestDatabase } from '../helpers/postgres.ts';
import { useStorage } from '../helpers/storage.ts';

const { pool, url } = await createTestDatabase(t);
const { addSubscription, deliveriesOf } = useStorage(pool);

/** A role of the server that owns nothing, for as long as the test. */
async function createRole(t: Test, options = 'login'): Promise<string> {
  const name = `posthorn test ${randomBytes(4).toString('hex')}`;
  await pool.query(`create role "${name}" ${options} password 'x'`);
  t.teardown(async () => {
    await pool.query(`drop owned by "${name}"`);
    await pool.query(`drop role "${name}"`);
  });
  return name;
}

async function openAs(t: Test, role: string): Promise<pg.Client> {
  const address = new URL(url);
  address.username = encodeURIComponent(role);
  address.password = 'x';
  const client = new pg.Client({ connectionString: address.href });
  await client.connect();
  t.teardown(() => client.end());
  return client;
}

const posthorn = (...args: string[]) => runCli(args, { env: { DATABASE_URL: url } });
const publish = (tenant: string) => `select posthorn.publish('a', '{}', '${tenant}') as id`;

t.test(
  'a role that owns nothing publishes for the tenants it was granted, and can do nothing else',
  async (t) => {
    const subscriptionId = await addSubscription({ tenant: 'leo' });
    const role = await createRole(t);
    const session = await openAs(t, role);
    await t.rejects(session.query(publish('leo')), { code: '42501' }, 'not before it was granted');

    const { code, stdout } = await posthorn(
      'grant-publisher',
      role,
      '--tenant',
      'leo',
      '--tenant',
      'zoe',
      '--json',
    );
    t.equal(code, 0);
    t.strictSame(JSON.parse(stdout), { role, tenants: ['leo', 'zoe'] });
    const {
      rows: [{ id }],
    } = await session.query(publish('leo'));
    t.match(await deliveriesOf(id), [{ subscription_id: subscriptionId, status: 'pending' }]);
    await session.query(publish('zoe'));
    await t.rejects(session.query(publish('mia')), {
      code: '42501',
      message: `tenant: the role "${role}" may not publish for "mia"`,
      hint: /posthorn grant-publisher .* --tenant mia/,
    });

    const { rows: functions } = await pool.query<{ call: string }>(
      `select format('%I.%I', n.nspname, p.proname) as call
    from pg_proc as p join pg_namespace as n on n.oid = p.pronamespace
    where n.nspname = 'posthorn' and has_function_privilege($1, p.oid, 'execute')`,
      [role],
    );
    t.strictSame(functions, [{ call: 'posthorn.publish' }]);
    const { rows: tables } = await pool.query(
      `select c.relname from pg_class as c where c.relnamespace = 'posthorn'::regnamespace
      and c.relkind in ('r', 'p', 'v', 'S')
      and has_table_privilege($1, c.oid, 'select, insert, update, delete, truncate')`,
      [role],
    );
    t.strictSame(tables, []);
  },
);

t.test('without a tenant a role is granted all, and revoking ends it', async (t) => {
  const role = await createRole(t);
  const session = await openAs(t, role);
  await posthorn('grant-publisher', role);
  await session.query(publish('anyone'));
  t.equal((await posthorn('revoke-publisher', role)).code, 0);
  await t.rejects(session.query(publish('anyone')), { code: '42501' });
});

t.test('one tenant can be taken back and the others stay', async (t) => {
  const role = await createRole(t);
  const session = await openAs(t, role);
  await posthorn('grant-publisher', role, '--tenant', 'a', '--tenant', 'b');
  const { stdout } = await posthorn('revoke-publisher', role, '--tenant', 'a', '--json');
  t.strictSame(JSON.parse(stdout), { role, may_publish: true });
  await session.query(publish('b'));
  await t.rejects(session.query(publish('a')), { code: '42501' });
});

t.test('members of a role may what it may, also after set role', async (t) => {
  const group = await createRole(t, 'nologin');
  const member = await createRole(t);
  await pool.query(`grant "${group}" to "${member}"`);
  await posthorn('grant-publisher', group, '--tenant', 'leo');
  const session = await openAs(t, member);
  await session.query(publish('leo'));
  await session.query(`set role "${group}"`);
  await session.query(publish('leo'));
  await t.rejects(session.query(publish('mia')), { code: '42501', message: new RegExp(group) });
});

t.test('what the owner becomes by set role publishes with the rights of that', async (t) => {
  const role = await createRole(t);
  await posthorn('grant-publisher', role, '--tenant', 'leo');
  const client = await pool.connect();
  t.teardown(() => client.release(true));
  await client.query(publish('mia'));
  await client.query(`set role "${role}"`);
  await client.query(publish('leo'));
  await t.rejects(client.query(publish('mia')), { code: '42501' });
});

t.test('a role that does not exist and a tenant that none can have are refused', async (t) => {
  const unknown = await posthorn('grant-publisher', 'nobody at all');
  t.equal(unknown.code, 1);
  t.match(unknown.stderr, /role "nobody at all" does not exist/);
  t.equal((await posthorn('grant-publisher', 'postgres', '--tenant', 'a b')).code, 2);
});
