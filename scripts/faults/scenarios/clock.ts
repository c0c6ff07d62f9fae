import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { underLoad, type Context, type Scenario, type UnderLoad } from '../campaign.ts';
import type { StartOptions } from '../process.ts';
import { get } from '../verdict.ts';

const LIBRARIES = [
  '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1',
  '/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1',
];
const HOURS_MS = 2 * 3_600_000;
/** The first wait of the schedule, less its jitter. */
const FIRST_WAIT_MS = 800;
const RIGHT_WITHIN_MS = 5_000;
const STRETCH_MS = 6_000;
const SAMPLE = 20;

function environment(library: string, hours: number): Record<string, string> {
  return {
    LD_PRELOAD: library,
    FAKETIME: `${hours > 0 ? '+' : ''}${hours}h`,
    // Only the wall clock is wrong on a host whose clock is wrong.
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  };
}

/** Whether a Node process under the library has a wrong wall clock and a right monotonic one. */
function isWorking(library: string): boolean {
  const { stdout } = spawnSync(
    process.execPath,
    [
      '-e',
      `
    const startedAt = performance.now();
    setTimeout(() => console.log(Date.now(), performance.now() - startedAt), 200);
  `,
    ],
    { env: { ...process.env, ...environment(library, 2) }, encoding: 'utf8' },
  );
  const [wallMs = 0, passedMs = 0] = stdout.trim().split(' ').map(Number);
  return Math.abs(wallMs - Date.now() - HOURS_MS) < 60_000 && passedMs > 150 && passedMs < 2_000;
}

export const wrongClock: Scenario = {
  name: 'clock',
  fault: 'clock of one process ±2 h',
  longMinutes: 4,
  async run(context) {
    const library = LIBRARIES.find((path) => existsSync(path) && isWorking(path));
    if (library === undefined) {
      return {
        repetitions: 0,
        figures: [],
        violations: [],
        skipped: 'libfaketime is not installed',
      };
    }
    const repetitions = context.repetitions(2, 10);
    return underLoad(context, async (under) => {
      const { stage, random } = context;
      for (let i = 0; i < repetitions; i += 1) {
        const env = environment(library, i % 2 === 0 ? 2 : -2);
        const victims = [random.pick(stage.workers), random.pick(stage.apis)];
        const restart = (options: StartOptions) =>
          Promise.all(
            victims.map(async (victim) => {
              await victim.terminate();
              await victim.start(options);
            }),
          );
        await restart({ env });
        await delay(STRETCH_MS);
        await restart({});
        context.say(`${i + 1} of ${repetitions}, ${env['FAKETIME']}`);
      }
      checkRetries(under);
      await checkTimes(context, under);
      return repetitions;
    });
  },
};

/** No attempt follows a failed one sooner than the schedule says. */
function checkRetries({ load, figures, violations }: UnderLoad): void {
  const waits = [...load.arrivals.values()].flatMap((list) =>
    list.slice(1).flatMap((arrival, index) => {
      const before = list[index];
      return before === undefined || before.isTaken ? [] : [arrival.atMs - before.atMs];
    }),
  );
  const early = waits.filter((ms) => ms < FIRST_WAIT_MS - 50).length;
  figures.push(`${waits.length} retries, ${early} early`);
  if (early > 0) violations.push(`${early} retries came before their time`);
}

type Listed = { id: string; created_at: string; completed_at: string | null };

/** What the API shows of when things happened is when they happened. */
async function checkTimes({ stage }: Context, under: UnderLoad): Promise<void> {
  const { data } = await get<{ data: Listed[] }>(stage, '/deliveries?limit=200');
  const oldest = under.load.startedAt.getTime() - RIGHT_WITHIN_MS;
  const isRight = (time: string): boolean =>
    Date.parse(time) > oldest && Date.parse(time) < Date.now() + RIGHT_WITHIN_MS;
  const attempts = await Promise.all(
    data
      .slice(-SAMPLE)
      .map(({ id }) =>
        get<{ data: { started_at: string }[] }>(stage, `/deliveries/${id}/attempts`),
      ),
  );
  const times = [
    ...data.flatMap(({ created_at: created, completed_at: completed }) => [created, completed]),
    ...attempts.flatMap((page) => page.data.map((attempt) => attempt.started_at)),
  ].filter((time) => time !== null);
  const wrong = times.filter((time) => !isRight(time));
  under.figures.push(`${times.length} times seen`);
  if (wrong.length > 0) under.violations.push(`${wrong.length} times are wrong, like ${wrong[0]}`);
  const [due] = await stage.postgres.query<{ count: number }>(
    `select count(*)::integer as count from posthorn.deliveries
    where next_attempt_at > now() + interval '1 hour'`,
  );
  if (due !== undefined && due.count > 0)
    under.violations.push(`${due.count} retries are hours away`);
}
