import { spawnSync } from 'node:child_process';
import { appendFileSync, rmSync, statfsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  checkHealing,
  seconds,
  underLoad,
  untilHealed,
  type Context,
  type Outcome,
  type Scenario,
  type UnderLoad,
} from '../campaign.ts';
import { findUnrecorded } from '../in-flight.ts';
import { openStage, type Stage } from '../stage.ts';
import { happens, until } from '../wait.ts';

const DISK_MB = 320;
const FILL_CHUNK = Buffer.alloc(65_536);
const FULL_MS = 6_000;
const HEALED_WITHIN_MS = 15_000;
const PADDING_BYTES = 8_192;
const WATCH_EVERY_MS = 50;

/** Little WAL, so that the disk is soon as full as it can be. */
const SETTINGS = { max_wal_size: '64MB', min_wal_size: '32MB', shared_buffers: '16MB' };

export const fullDisk: Scenario = {
  name: 'disk-full',
  fault: 'disk full under Postgres',
  longMinutes: 3,
  async run(context) {
    const disk = join(context.workDir, 'disk');
    await mkdir(disk, { recursive: true });
    const mounted = spawnSync('mount', [
      '-t',
      'tmpfs',
      '-o',
      `size=${DISK_MB}m,mode=0755`,
      'posthorn-faults',
      disk,
    ]);
    if (mounted.status !== 0) {
      return {
        repetitions: 0,
        figures: [],
        violations: [],
        skipped: 'no tmpfs can be mounted: it takes root, and a container that may',
      };
    }
    const stage = await openStage({
      name: 'disk-full',
      workDir: context.workDir,
      postgresDir: join(disk, 'postgres'),
      postgresSettings: SETTINGS,
    });
    try {
      return await fillAndFree({ ...context, stage }, disk);
    } finally {
      await stage.close();
      spawnSync('umount', [disk]);
    }
  },
};

function fillAndFree(context: Context, disk: string): Promise<Outcome> {
  const { stage } = context;
  return underLoad(
    context,
    async (under) => {
      const repetitions = context.repetitions(1, 5);
      const healed: number[] = [];
      for (let i = 0; i < repetitions; i += 1) {
        const atMs = performance.now();
        const watch = watchUnrecorded(stage);
        const refused = await fill(disk, under);
        if (!refused) under.violations.push('the disk was full and nothing was refused');
        // What is accepted now has found room; that it is there, the judge will see.
        await delay(FULL_MS);
        rmSync(join(disk, 'filler'));
        const freedMs = performance.now();
        const wasDown = await restartIfDown(stage);
        healed.push(await untilHealed(stage, under.load, HEALED_WITHIN_MS));
        under.faults.push({ atMs, inFlight: await watch.stop() });
        context.say(
          `${i + 1} of ${repetitions} freed, ${wasDown ? 'Postgres started again by us' : 'Postgres went on'}, ` +
            `healed in ${seconds(performance.now() - freedMs)}`,
        );
      }
      checkHealing('disk full:', healed, HEALED_WITHIN_MS, under, context.slack);
      return repetitions;
    },
    { paddingBytes: PADDING_BYTES, perSecond: 60 },
  );
}

/** On a full disk Postgres may fall at any moment, and again: what was in flight at any of them. */
function watchUnrecorded(stage: Stage): { stop(): Promise<Set<string>> } {
  const seen = new Set<string>();
  const stopping = new AbortController();
  const watching = (async () => {
    while (!stopping.signal.aborted) {
      const found = await findUnrecorded(stage, new Date()).catch(() => []);
      for (const id of found) seen.add(id);
      await delay(WATCH_EVERY_MS);
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await watching;
      return seen;
    },
  };
}

/** Takes all the room there is, and continues doing so until the API has refused something. */
async function fill(disk: string, { load }: UnderLoad): Promise<boolean> {
  const seen = load.ledger.answers.length;
  return happens(30_000, () => {
    try {
      while (statfsSync(disk).bavail > 0) appendFileSync(join(disk, 'filler'), FILL_CHUNK);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
    return load.ledger.answers.slice(seen).some(({ status }) => status === 503);
  });
}

/** A Postgres that finds no room for its log ends itself, and its supervisor starts it again. */
async function restartIfDown({ postgres }: Stage): Promise<boolean> {
  if (postgres.isRunning) {
    await until('Postgres to recover', 30_000, () => postgres.query('select 1'));
    return false;
  }
  await postgres.start();
  return true;
}
