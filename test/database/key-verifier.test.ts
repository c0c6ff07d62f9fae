import t from 'tap';
import { createKeyVerifier } from '../../src/access/key-verifier.ts';
import { createDatabase } from '../../src/database/database.ts';
import { createLogger } from '../../src/base/logger.ts';
import { createTestDatabase } from '../helpers/postgres.ts';
import { until } from '../helpers/until.ts';

const { pool } = await createTestDatabase(t);
let nowMs = 1_000_000;
let questions = 0;
pool.on('acquire', () => {
  questions += 1;
});

const verifier = createKeyVerifier({
  db: createDatabase(pool),
  environmentKeys: [],
  logger: createLogger({ logLevel: 'silent' }),
  now: () => nowMs,
});

/** How many questions a piece of work puts to the database. */
async function questionsOf(work: () => unknown): Promise<number> {
  const before = questions;
  await work();
  return questions - before;
}

t.test('requests that come together ask once whether there is a key', async (t) => {
  t.equal(
    await questionsOf(async () => {
      const answers = await Promise.all(Array.from({ length: 100 }, () => verifier.isKeyNeeded()));
      t.same(new Set(answers), new Set([false]));
    }),
    1,
  );
});

t.test('the answer is renewed before it is too old, and nobody waits', async (t) => {
  nowMs += 1_500;
  const before = questions;
  for (let i = 0; i < 100; i += 1) t.equal(verifier.isKeyNeeded(), false);
  await until(() => questions - before === 1);
  nowMs += 900;
  await until(() => verifier.isKeyNeeded() === false);
  t.equal(questions - before, 1);
});

t.test('what was asked before something changed is not kept', async (t) => {
  nowMs += 10_000;
  const asked = verifier.isKeyNeeded();
  verifier.forgetAll();
  t.equal(await asked, false);
  t.equal(await questionsOf(() => verifier.isKeyNeeded()), 1);
});

t.test('the first key is noticed when the answer is too old', async (t) => {
  await pool.query(`insert into posthorn.api_keys (id, prefix, digest, scopes)
    values (gen_random_uuid(), 'first', sha256('first'), '{admin}')`);
  t.equal(verifier.isKeyNeeded(), false);
  nowMs += 2_001;
  t.equal(await verifier.isKeyNeeded(), true);
});
