import fc from 'fast-check';
import t from 'tap';
import { createTestDatabase, type TestDatabase } from '../helpers/postgres.ts';
import { commandsOf, settle } from './model/commands.ts';
import { createWorld } from './model/world.ts';

/** Longer searches are asked for by hand: MODEL_RUNS=5000. */
const RUNS = Number(process.env['MODEL_RUNS'] ?? 15);
const STEPS = 60;
const WORKERS = 2;

t.setTimeout(Math.max(290_000, RUNS * 2_000));

async function search(database: TestDatabase, runs: number, isShrunk = true): Promise<void> {
  await fc.assert(
    fc.asyncProperty(
      fc.commands(commandsOf(WORKERS), { maxCommands: STEPS, size: 'max' }),
      async (commands) => {
        const world = await createWorld(database, WORKERS);
        try {
          await fc.asyncModelRun(() => ({ model: {}, real: world }), commands);
          await settle(world);
        } finally {
          await world.reset();
        }
      },
    ),
    { numRuns: runs, endOnFailure: !isShrunk },
  );
}

t.test('no order of steps, crashes and wakings loses a delivery or breaks its log', async (t) => {
  await search(await createTestDatabase(t), RUNS);
});

const counterexample = (what: RegExp) => ({ message: /Counterexample/, cause: { message: what } });

/** Replaces a part of a function in this test's own database. */
async function plant(
  { pool }: TestDatabase,
  name: string,
  good: string,
  bad: string,
): Promise<void> {
  const {
    rows: [row],
  } = await pool.query<{ sql: string }>(
    `select pg_get_functiondef(oid) as sql from pg_proc
    where pronamespace = 'posthorn'::regnamespace and proname = $1`,
    [name],
  );
  const sql = row?.sql.replace(good, bad);
  if (sql === undefined || sql === row?.sql) throw new Error(`${name} has no ${good}`);
  await pool.query(sql);
}

t.test('the model finds a record without the fence on the attempt number', async (t) => {
  const database = await createTestDatabase(t);
  await plant(database, 'record_attempts', 'and d.attempt_count = r.attempt_number - 1', '');
  await t.rejects(search(database, 200, false), counterexample(/attempts|successes/));
});

t.test('the model finds a dead worker whose refused record counts as done', async (t) => {
  const database = await createTestDatabase(t);
  await plant(database, 'assert_registered', 'raise exception', 'raise notice');
  await t.rejects(
    search(database, 200, false),
    counterexample(/carried|never ended|no promote job|no drain job|off the register/),
  );
});

t.test('the model finds a job that does not look at its tickets', async (t) => {
  const database = await createTestDatabase(t);
  await plant(
    database,
    'load_deliveries',
    'case when p_tickets is null',
    'case when true or p_tickets is null',
  );
  await plant(database, 'load_deliveries', 'd.queue_ticket = 0', 'true');
  await t.rejects(search(database, 200, false), counterexample(/not carried by exactly one job/));
});
