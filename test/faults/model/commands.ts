import fc from 'fast-check';
import { QUEUE_SCHEMA } from '../../../src/database/queue-schema.ts';
import { checkInvariants } from './invariants.ts';
import type { ModelWorker, Outcome, World } from './world.ts';

/** The model holds nothing: what must hold is told by the invariants. */
type Model = Record<never, never>;
type Step = { readonly name: string; readonly run: (world: World) => Promise<unknown> };
type Command = fc.AsyncCommand<Model, World>;

/** Of the attempts that a worker has under way, one. */
function underWay(worker: ModelWorker, pick: number) {
  const held = worker.jobs.flatMap((job) =>
    [...(job.open ?? [])].map(([id, attempts]) => ({
      id,
      attempts,
      job,
      of: job.open as Map<string, number>,
    })),
  );
  const leased = [...worker.leased].map(([id, attempts]) => ({
    id,
    attempts,
    job: undefined,
    of: worker.leased,
  }));
  const all = [...held, ...leased];
  return all.length === 0 ? undefined : all[pick % all.length];
}

/** The next thing that a worker does with what it has, or with the next job. */
async function work(world: World, worker: ModelWorker, pick: number): Promise<void> {
  if (worker.jobs.length === 0) await world.claim(worker);
  const job = worker.jobs[pick % Math.max(1, worker.jobs.length)];
  if (job === undefined) return undefined;
  if (job.task !== 'deliver') {
    await world.runTask(job);
    return world.finish(worker, job);
  }
  if (job.open === undefined) return world.load(job);
  if (job.open.size === 0 || job.isFailed) return world.finish(worker, job);
  return goOn(world, worker, pick);
}

/** What becomes of an attempt that is under way: mostly something that goes on elsewhere. */
async function goOn(world: World, worker: ModelWorker, pick: number): Promise<void> {
  switch (pick) {
    case 0:
      return record(world, worker, pick, 'success');
    case 1:
    case 2:
      return record(world, worker, pick, 'retry');
    case 3:
    case 4:
      return lease(world, worker, pick);
    default:
      return dispose(world, worker, pick, world.park);
  }
}

async function record(world: World, worker: ModelWorker, pick: number, outcome: Outcome) {
  const attempt = underWay(worker, pick);
  if (attempt === undefined) return;
  await world.fenced(attempt.job, () =>
    world.record(worker, attempt.id, attempt.attempts, outcome),
  );
  attempt.of.delete(attempt.id);
}

async function lease(world: World, worker: ModelWorker, pick: number): Promise<void> {
  const attempt = underWay(worker, pick);
  if (attempt?.job === undefined) return;
  await world.fenced(attempt.job, () => world.lease(worker, attempt.id, attempt.attempts));
  worker.leased.set(attempt.id, attempt.attempts);
  attempt.of.delete(attempt.id);
}

/** Puts one aside, or ends one, that has not been sent. */
async function dispose(
  world: World,
  worker: ModelWorker,
  pick: number,
  how: World['park'] | World['end'],
): Promise<void> {
  const attempt = underWay(worker, pick);
  if (attempt?.job === undefined) return;
  await world.fenced(attempt.job, () => how(worker, attempt.id));
  attempt.of.delete(attempt.id);
}

async function anyDelivery(world: World, pick: number): Promise<string | undefined> {
  const ids = await world.ids();
  return ids[pick % Math.max(1, ids.length)];
}

const pick = fc.nat(5);

function stepsOf(workerCount: number): fc.Arbitrary<Step> {
  const index = fc.nat(workerCount - 1);
  const step = (name: string, run: Step['run']): Step => ({ name, run });
  const of = (world: World, which: number) => world.workers[which] as ModelWorker;
  return fc.oneof(
    {
      weight: 3,
      arbitrary: fc
        .tuple(fc.nat(1), fc.integer({ min: 1, max: 2 }))
        .map(([which, count]) =>
          step(`accept ${count} for ${which}`, (world) => world.accept(which, count)),
        ),
    },
    {
      weight: 16,
      arbitrary: fc
        .tuple(index, pick)
        .map(([which, nth]) =>
          step(`work(${which}, ${nth})`, (world) => work(world, of(world, which), nth)),
        ),
    },
    {
      weight: 1,
      arbitrary: index.map((which) =>
        step(`claim(${which})`, (world) => world.claim(of(world, which))),
      ),
    },
    {
      weight: 6,
      arbitrary: fc
        .tuple(index, pick, fc.constantFrom<Outcome>('success', 'retry', 'exhausted'))
        .map(([which, nth, outcome]) =>
          step(`${outcome}(${which}, ${nth})`, (world) =>
            record(world, of(world, which), nth, outcome),
          ),
        ),
    },
    {
      weight: 2,
      arbitrary: fc
        .tuple(index, pick)
        .map(([which, nth]) =>
          step(`lease(${which}, ${nth})`, (world) => lease(world, of(world, which), nth)),
        ),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(index, pick)
        .map(([which, nth]) =>
          step(`park(${which}, ${nth})`, (world) =>
            dispose(world, of(world, which), nth, world.park),
          ),
        ),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(index, pick)
        .map(([which, nth]) =>
          step(`end(${which}, ${nth})`, (world) =>
            dispose(world, of(world, which), nth, world.end),
          ),
        ),
    },
    {
      weight: 2,
      arbitrary: index.map((which) => step(`crash(${which})`, (world) => world.crash(which))),
    },
    {
      weight: 1,
      arbitrary: index.map((which) => step(`stop(${which})`, (world) => world.stop(which))),
    },
    {
      weight: 2,
      arbitrary: index.map((which) =>
        step(`silence(${which})`, (world) => world.silence(of(world, which))),
      ),
    },
    { weight: 4, arbitrary: fc.constant(step('reap', (world) => world.reap())) },
    { weight: 1, arbitrary: fc.constant(step('sweep', (world) => world.sweep())) },
    {
      weight: 2,
      arbitrary: pick.map((nth) =>
        step(`retry(${nth})`, async (world) => {
          const id = await anyDelivery(world, nth);
          if (id !== undefined) await world.retry(id);
        }),
      ),
    },
    {
      weight: 1,
      arbitrary: pick.map((nth) =>
        step(`cancel(${nth})`, async (world) => {
          const id = await anyDelivery(world, nth);
          if (id !== undefined) await world.cancel(id);
        }),
      ),
    },
  );
}

/** One step, or two at once on connections of their own; the invariants are checked after either. */
export function commandsOf(workerCount: number): fc.Arbitrary<Command>[] {
  const steps = stepsOf(workerCount);
  const command = (name: string, run: Step['run']): Command => ({
    check: () => true,
    async run(_model, world) {
      await run(world);
      await checkInvariants(world.pool);
    },
    toString: () => name,
  });
  const one = steps.map(({ name, run }) => command(name, run));
  const two = fc
    .tuple(steps, steps)
    .map(([first, second]) =>
      command(`(${first.name} ‖ ${second.name})`, (world) =>
        Promise.all([first.run(world), second.run(world)]),
      ),
    );
  // Alone, since all that waits moves together.
  const passing = fc.constant(command('ten seconds', (world) => world.passTime()));
  return [one, one, one, two, two, two, passing];
}

/** All workers die, one comes, and the queue runs dry: every delivery must have ended. */
export async function settle(world: World): Promise<void> {
  for (let index = 0; index < world.workers.length; index += 1) await world.crash(index);
  await world.reap();
  await world.sweep();
  const worker = world.workers[0] as ModelWorker;
  for (let round = 0; round < 300; round += 1) {
    await world.claim(worker);
    const [job] = worker.jobs;
    if (job === undefined) {
      const { rows } = await world.pool.query(`select from ${QUEUE_SCHEMA}._private_jobs limit 1`);
      if (rows.length === 0) break;
      await world.passTime();
      continue;
    }
    if (job.task === 'deliver') {
      await world.load(job);
      for (const [id, attempts] of job.open ?? [])
        await world.record(worker, id, attempts, 'success');
    } else {
      await world.runTask(job);
    }
    await world.finish(worker, job);
  }
  const { rows } = await world.pool.query(
    'select id, status, reason from posthorn.deliveries where completed_at is null',
  );
  if (rows.length > 0) throw new Error(`never ended: ${JSON.stringify(rows)}`);
}
