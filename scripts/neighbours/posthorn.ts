import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findFreePort } from '../../src/database/free-port.ts';
import { QUEUE_SCHEMA } from '../../src/database/queue-schema.ts';
import { createProcess } from '../faults/process.ts';
import type { Arrival, Behaviour, Receiver } from '../faults/receiver.ts';
import { until } from '../faults/wait.ts';
import type { Place } from './place.ts';

/** A whole Posthorn in one process, and what it was given to deliver. */
export type Posthorn = {
  /** Publishes an event, of every fourth of which the first attempt may fail; counts those accepted. */
  publish(): Promise<void>;
  /** Runs the minute's sweep now, and resolves when it is over. */
  sweep(): Promise<void>;
  hasDeliveredAll(): Promise<boolean>;
  tally(): { accepted: number; lost: number; doubled: number };
  /** Everything that went otherwise than it does without a neighbour. */
  stop(): Promise<string[]>;
};

const READY_WITHIN_MS = 60_000;
const SWEEP_WITHIN_MS = 20_000;
const BEHAVIOURS: readonly Behaviour[] = ['steady', 'flaky'];

export async function startPosthorn(
  { url, pool, dir, closers }: Place,
  receiver: Receiver,
): Promise<Posthorn> {
  const logFile = join(dir, 'posthorn.log');
  const port = await findFreePort();
  const origin = `http://127.0.0.1:${port}`;
  const program = createProcess({
    name: 'posthorn',
    role: 'all',
    logFile,
    env: {
      HOST: '127.0.0.1',
      PORT: String(port),
      DATABASE_URL: url,
      LOG_LEVEL: 'info',
      ALLOW_PRIVATE_TARGETS: '127.0.0.0/8',
      RETRY_SCHEDULE: '1s,1s,2s,2s',
    },
    untilReady: async () =>
      void (await until(
        'readiness',
        READY_WITHIN_MS,
        async () => (await fetch(`${origin}/ready`)).ok,
      )),
  });
  closers.push(() => program.kill());
  await program.start();
  for (const behaviour of BEHAVIOURS) {
    await post(`${origin}/subscriptions`, 201, {
      target_url: `http://127.0.0.1:${receiver.port}/${behaviour}`,
      event_types: [`neighbours.${behaviour}`],
    });
  }

  const arrivals: ReadonlyMap<number, readonly Arrival[]> = receiver.reset();
  const accepted: number[] = [];
  let sequence = 0;
  const countTaken = (seq: number): number =>
    arrivals.get(seq)?.filter(({ isTaken }) => isTaken).length ?? 0;
  return {
    async publish() {
      sequence += 1;
      const seq = sequence;
      const behaviour = seq % 4 === 0 ? 'flaky' : 'steady';
      await post(`${origin}/events`, 202, {
        event_type: `neighbours.${behaviour}`,
        payload: { seq },
      });
      accepted.push(seq);
    },
    async sweep() {
      await pool.query(`select ${QUEUE_SCHEMA}.add_job('sweep', '{}', job_key := 'neighbours')`);
      await until(
        'sweep',
        SWEEP_WITHIN_MS,
        async () =>
          (await pool.query(`select from ${QUEUE_SCHEMA}.jobs where key = 'neighbours'`))
            .rowCount === 0,
      );
    },
    async hasDeliveredAll() {
      const { rowCount } = await pool.query(
        `select from posthorn.deliveries where status <> 'delivered' limit 1`,
      );
      return rowCount === 0 && accepted.every((seq) => countTaken(seq) > 0);
    },
    tally: () => ({
      accepted: accepted.length,
      lost: accepted.filter((seq) => countTaken(seq) === 0).length,
      doubled: [...arrivals.keys()].filter((seq) => countTaken(seq) > 1).length,
    }),
    async stop() {
      const log = await readFile(logFile, 'utf8');
      const how = await program.terminate();
      return [
        ...program.crashes,
        ...(log.includes('the worker starts over') ? ['the worker of Posthorn started over'] : []),
        ...(log.includes('"level":50') ? [`Posthorn logged errors, see ${logFile}`] : []),
        ...(how === 'code 0' ? [] : [`Posthorn ended with ${how}`]),
      ];
    },
  };
}

async function post(url: string, status: number, body: object): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (response.status !== status) throw new Error(`${url} answered ${response.status}: ${text}`);
}
