import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import {
  atRandom,
  checkHealing,
  seconds,
  underLoad,
  untilHealed,
  type Context,
  type Scenario,
  type UnderLoad,
} from '../campaign.ts';
import { findUnrecorded, findUnrecordedBy } from '../in-flight.ts';
import type { Stage } from '../stage.ts';
import { until } from '../wait.ts';

const DOWN_HEALED_WITHIN_MS = 10_000;
const CUT_HEALED_WITHIN_MS = 5_000;
const EXHAUSTED_MS = 2_000;
/** An answer may have been on its way when the server died. */
const ON_ITS_WAY_MS = 250;

function countFalseAcceptances({ load }: UnderLoad, downFromMs: number, downToMs: number): number {
  return load.ledger.answers.filter(
    ({ status, atMs }) => status === 202 && atMs > downFromMs + ON_ITS_WAY_MS && atMs < downToMs,
  ).length;
}

/** Stops the server for that long and answers how long the healing took. */
async function stopFor(context: Context, under: UnderLoad, downMs: number): Promise<number> {
  const { stage } = context;
  const atMs = performance.now();
  await stage.postgres.stopAtOnce();
  const [downFromMs, downFrom] = [performance.now(), new Date()];
  await delay(downMs);
  const downToMs = performance.now();
  await stage.postgres.start();
  // Records do not wait for the disk, so that the last may be gone: what counts is what is left.
  under.faults.push({ atMs, inFlight: await findUnrecorded(stage, downFrom) });
  const healedMs = await untilHealed(stage, under.load, DOWN_HEALED_WITHIN_MS);
  const falsehoods = countFalseAcceptances(under, downFromMs, downToMs);
  if (falsehoods > 0)
    under.violations.push(`${falsehoods} requests were answered 202 with no database`);
  return healedMs;
}

export const stopPostgres: Scenario = {
  name: 'postgres-stop',
  fault: 'Postgres stopped at once, back after 1, 5, 30 s',
  longMinutes: 16,
  run: (context) =>
    underLoad(context, async (under) => {
      const each = context.repetitions(1, 20);
      const healed: number[] = [];
      for (const downMs of [1_000, 5_000, 30_000]) {
        for (let i = 0; i < each; i += 1) {
          await atRandom(context.random);
          healed.push(await stopFor(context, under, downMs));
          context.say(
            `${i + 1} of ${each} back after ${seconds(downMs)}, ` +
              `healed in ${seconds(healed.at(-1) as number)}`,
          );
        }
      }
      checkHealing('Postgres stopped:', healed, DOWN_HEALED_WITHIN_MS, under, context.slack);
      return each * 3;
    }),
};

async function connect({ postgres }: Stage): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: postgres.url, application_name: 'faults' });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** Cuts some of the service's connections; answers what was in flight just before and just after. */
async function cut(client: pg.Client, isChosen: (pid: number) => boolean): Promise<Set<string>> {
  const { rows } = await client.query<{ pid: number }>(
    `select pid from pg_stat_activity
    where application_name like 'posthorn %' or application_name like 'graphile%' order by pid`,
  );
  const chosen = rows.map(({ pid }) => pid).filter(isChosen);
  const before = await findUnrecordedBy(client);
  await client.query('select pg_terminate_backend(pid) from unnest($1::integer[]) as pid', [
    chosen,
  ]);
  return new Set([...before, ...(await findUnrecordedBy(client))]);
}

async function cutSome({ stage, random }: Context): Promise<Set<string>> {
  const share = random.pick([0.2, 0.5, 1]);
  const client = await connect(stage);
  try {
    return await cut(client, () => random.next() < share);
  } finally {
    await client.end();
  }
}

/** Takes every connection there is, and cuts half of the service's, which then find none. */
async function exhaustConnections({ stage }: Context): Promise<Set<string>> {
  const clients = [await connect(stage)];
  const take = () =>
    connect(stage).then(
      (client) => clients.push(client),
      () => false,
    );
  try {
    while (await take());
    const inFlight = await cut(clients[0] as pg.Client, (pid) => pid % 2 === 0);
    while (await take());
    await delay(EXHAUSTED_MS);
    // Who found no connection may have given up what came later.
    for (const id of await findUnrecordedBy(clients[0] as pg.Client)) inFlight.add(id);
    return inFlight;
  } finally {
    await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
    await until('free connection', 5_000, () => stage.postgres.query('select 1'));
  }
}

export const cutConnections: Scenario = {
  name: 'postgres-cut',
  fault: 'Postgres connections cut at random, connections exhausted',
  longMinutes: 5,
  run: (context) =>
    underLoad(context, async (under) => {
      const repetitions = context.repetitions(8, 100);
      const healed: number[] = [];
      for (let i = 0; i < repetitions; i += 1) {
        await atRandom(context.random);
        const isExhaustion = i % 4 === 3;
        const atMs = performance.now();
        const inFlight = await (isExhaustion ? exhaustConnections : cutSome)(context);
        under.faults.push({ atMs, inFlight });
        healed.push(await untilHealed(context.stage, under.load, CUT_HEALED_WITHIN_MS));
        context.say(
          `${i + 1} of ${repetitions}, ${isExhaustion ? 'exhausted' : 'cut'}, ` +
            `healed in ${seconds(healed.at(-1) as number)}`,
        );
      }
      checkHealing('connections cut:', healed, CUT_HEALED_WITHIN_MS, under, context.slack);
      return repetitions;
    }),
};
