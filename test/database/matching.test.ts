import fc from 'fast-check';
import t from 'tap';
import { wantsEventType } from '../../src/matching/event-types.ts';
import { createTestDatabase } from '../helpers/postgres.ts';

const { pool } = await createTestDatabase(t);

t.test('SQL and TypeScript agree on every pattern and event type', async (t) => {
  const letters = ['a', 'b', 'A', '.', '_', '-', ':', '/'];
  const textOf = (...unit: string[]) =>
    fc.string({ unit: fc.constantFrom(...unit), minLength: 1, maxLength: 8 });
  const seed = Date.now() % 2 ** 31;
  t.comment(`seed ${seed}`);
  const cases = fc.sample(
    fc.record({
      event_type: textOf(...letters),
      event_types: fc.array(textOf(...letters, '*', '*', '*'), { minLength: 1, maxLength: 3 }),
    }),
    { numRuns: 5_000, seed },
  );

  await pool.query(
    `insert into posthorn.subscriptions (tenant, id, target_url, event_types)
    select 'tenant-' || c.n, posthorn.uuid_v7(), 'https://receiver.example/hooks', c.event_types
    from rows from (json_to_recordset($1) as (event_types text[])) with ordinality
      as c (event_types, n)`,
    [JSON.stringify(cases)],
  );
  const { rows } = await pool.query<{ is_wanted: boolean }>(
    `select exists (
      select from posthorn.matching_subscriptions('tenant-' || c.n, c.event_type)
    ) as is_wanted
    from unnest($1::text[]) with ordinality as c (event_type, n)
    order by c.n`,
    [cases.map((one) => one.event_type)],
  );
  t.equal(rows.length, cases.length);
  t.ok(rows.some((row) => row.is_wanted) && rows.some((row) => !row.is_wanted));
  t.same(
    cases.filter(
      ({ event_types, event_type }, index) =>
        wantsEventType({ eventTypes: event_types }, event_type) !== rows[index]?.is_wanted,
    ),
    [],
  );
});

t.test('matching is planned as a part of the query that asks for it', async (t) => {
  const { rows } = await pool.query<[string]>({
    text: `explain (costs off)
      select s.subscription_id
      from unnest(array['default'], array['order.created']) as event (tenant, event_type)
      cross join lateral posthorn.matching_subscriptions(event.tenant, event.event_type) as s`,
    rowMode: 'array',
  });
  const plan = rows.join('\n');
  t.match(plan, /subscription_event_types/);
  t.notMatch(plan, /matching_subscriptions/);
});
