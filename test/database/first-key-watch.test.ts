import t, { type Test } from 'tap';
import { watchFirstKey } from '../../src/access/first-key-watch.ts';
import { createLogger } from '../../src/base/logger.ts';
import { keyMaker } from '../helpers/keys.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/postgres.ts';
import { until } from '../helpers/until.ts';

const logger = createLogger({ logLevel: 'silent' });

async function watch(t: Test, { db, url: databaseUrl }: TestDatabase, hasEnvironmentKeys = false) {
  const found = await watchFirstKey({ db, databaseUrl, logger, hasEnvironmentKeys });
  t.teardown(() => found.close());
  return found;
}

t.test('every process knows of the first key as soon as it is there, and for good', async (t) => {
  const database = await createTestDatabase(t);
  const watches = [await watch(t, database), await watch(t, database)];
  const calls: boolean[] = [];
  for (const one of watches) one.onFound(() => calls.push(one.isThere));
  t.strictSame(
    watches.map(({ isThere }) => isThere),
    [false, false],
  );
  await keyMaker(database)(['read'], 'acme');
  await until(() => calls.length === 2, { what: 'both to know', timeoutMs: 1_500 });
  t.strictSame(calls, [true, true]);
  await database.pool.query('update posthorn.api_keys set revoked_at = now()');
  t.ok((await watch(t, database)).isThere, 'a key that was revoked was one');
});

t.test('a notification that was lost is made good by looking', async (t) => {
  const database = await createTestDatabase(t);
  await database.pool.query('drop trigger api_keys_notify on posthorn.api_keys');
  const one = await watch(t, database);
  await keyMaker(database)(['admin']);
  await until(() => one.isThere, { what: 'a look' });
});

t.test('keys of the environment are keys', async (t) => {
  t.ok((await watch(t, await createTestDatabase(t), true)).isThere);
});
