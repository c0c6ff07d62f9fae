import { setTimeout as delay } from 'node:timers/promises';
import { startReceiver, type Receiver } from '../faults/receiver.ts';
import { happens } from '../faults/wait.ts';
import { startNeighbour, type Neighbour, type Tally } from './neighbour.ts';
import type { Place } from './place.ts';
import { startPosthorn, type Posthorn } from './posthorn.ts';

export type Lengths = {
  /** How long the application's one long job takes. */
  readonly longJobMs: number;
  /** How long both are given work when the application was there first. */
  readonly loadMs: number;
  readonly lateLoadMs: number;
};

export const SHORT: Lengths = { longJobMs: 40_000, loadMs: 38_000, lateLoadMs: 8_000 };
export const LONG: Lengths = { longJobMs: 150_000, loadMs: 180_000, lateLoadMs: 60_000 };

export type Result = {
  readonly posthorn: ReturnType<Posthorn['tally']>;
  readonly application: Tally;
  readonly violations: readonly string[];
};

const PUBLISH_EVERY_MS = 50;
const ADD_JOBS_EVERY_MS = 500;
const DRAIN_WITHIN_MS = 60_000;
/** A little more than what a job of Posthorn's may be locked by someone off its register. */
const ORPHANED_AFTER_MS = 31_000;

/** Posthorn comes to an application that works, with a job under way that outlasts a sweep. */
export async function comeSecond(place: Place, lengths: Lengths): Promise<Result> {
  const neighbour = await startNeighbour(place);
  await neighbour.addJobs(1);
  const startedAtMs = performance.now();
  await neighbour.startLongJob(lengths.longJobMs);
  const before = await neighbour.snapshot();
  const watch = watchLongJob(neighbour);

  const posthorn = await startPosthorn(place, await openReceiver(place));
  const sweepAtMs = startedAtMs + ORPHANED_AFTER_MS;
  await Promise.all([
    work(posthorn, neighbour, lengths.loadMs),
    delay(Math.max(0, sweepAtMs - performance.now())).then(() => posthorn.sweep()),
  ]);
  return judge(posthorn, neighbour, async () => [
    ...(await watch()),
    ...((await neighbour.snapshot()) === before ? [] : ["the application's queue was migrated"]),
  ]);
}

/** An application makes its queue, by migrations of which some are breaking, while Posthorn works. */
export async function comeFirst(place: Place, lengths: Lengths): Promise<Result> {
  const posthorn = await startPosthorn(place, await openReceiver(place));
  const neighbour = await startNeighbour(place);
  await work(posthorn, neighbour, lengths.lateLoadMs);
  return judge(posthorn, neighbour, async () => []);
}

async function openReceiver({ closers }: Place): Promise<Receiver> {
  const receiver = await startReceiver();
  closers.push(() => receiver.close());
  return receiver;
}

/** Gives both something to do, at an even rate. */
async function work(posthorn: Posthorn, neighbour: Neighbour, ms: number): Promise<void> {
  const endsAtMs = performance.now() + ms;
  const repeat = async (everyMs: number, act: () => Promise<void>): Promise<void> => {
    while (performance.now() < endsAtMs) {
      await act();
      await delay(everyMs);
    }
  };
  await Promise.all([
    repeat(PUBLISH_EVERY_MS, () => posthorn.publish()),
    repeat(ADD_JOBS_EVERY_MS, () => neighbour.addJobs(1)),
  ]);
}

/** Looks who has the long job; answers what was wrong with that, once the job is done. */
function watchLongJob(neighbour: Neighbour): () => Promise<string[]> {
  const seen = new Set<string>();
  const over = happens(
    10 * DRAIN_WITHIN_MS,
    async () => {
      const job = await neighbour.findLongJob();
      if (job !== undefined) seen.add(`${job.lockedBy ?? 'nobody'}, attempt ${job.attempts}`);
      return job === undefined;
    },
    100,
  );
  return async () => {
    if (!(await over)) return ["the application's long job never ended"];
    return seen.size === 1
      ? []
      : [`the application's long job was held by ${[...seen].join(' and then ')}`];
  };
}

async function judge(
  posthorn: Posthorn,
  neighbour: Neighbour,
  check: () => Promise<string[]>,
): Promise<Result> {
  await happens(
    DRAIN_WITHIN_MS,
    async () => (await posthorn.hasDeliveredAll()) && (await neighbour.hasFinishedAll()),
    250,
  );
  const found = await check();
  const howItEnded = await neighbour.stop();
  const complaints = await posthorn.stop();
  const ours = posthorn.tally();
  const theirs = await neighbour.tally();
  const count = (number: number, what: string): string[] =>
    number === 0 ? [] : [`${number} ${what}`];
  return {
    posthorn: ours,
    application: theirs,
    violations: [
      ...count(ours.lost, 'deliveries accepted and never delivered'),
      ...count(ours.doubled, 'deliveries delivered twice'),
      ...count(theirs.lost, 'jobs of the application never done'),
      ...count(theirs.doubled, 'jobs of the application done twice'),
      ...count(theirs.strange, 'jobs done by the application that are not its own'),
      ...count(theirs.failed, 'jobs of the application failed'),
      ...(howItEnded === 'code 0' ? [] : [`the application ended: ${howItEnded}`]),
      ...found,
      ...complaints,
    ],
  };
}
