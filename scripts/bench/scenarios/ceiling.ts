import { setTimeout as delay } from 'node:timers/promises';
import type { CeilingMethods, Done } from '../ceiling.ts';
import { startPeer, type Peer } from '../peer.ts';
import { cpuUs } from '../processes.ts';
import { eventTypes, type Bench } from '../stage.ts';
import { CLIENTS } from './saturate.ts';

/** How fast one part goes by itself. */
export type Ceiling = {
  readonly name: string;
  readonly perSecond: number;
  /** Of the process that does it, and of Postgres where it takes part. */
  readonly cpuUs: number;
  readonly postgresCpuUs: number;
};

/** For Postgres to take over the times of the backends that have just ended. */
const REAP_MS = 500;

type Doing = (
  peer: Peer<CeilingMethods>,
  seconds: number,
) => Promise<Done & { readonly postgresCpuUs?: number }>;

/** The distance to the limit: each part bare, on the same machine in the same session. */
export async function ceiling(bench: Bench): Promise<Ceiling[]> {
  return [
    await measureAlone(bench, 'Fastify, POST of 1 KB', (peer, seconds) =>
      accept(bench, peer, seconds),
    ),
    await measureAlone(bench, 'undici, POST of 1 KB', (peer, seconds) =>
      peer.call('post', `http://127.0.0.1:${bench.receiverPort}`, '/plain', seconds),
    ),
    await measureAlone(bench, 'Postgres, rows of 1 KB in batches', (peer, seconds) =>
      insert(bench, peer, seconds),
    ),
  ];
}

async function measureAlone(bench: Bench, name: string, work: Doing): Promise<Ceiling> {
  const peer = startPeer<CeilingMethods>(new URL('../ceiling.ts', import.meta.url));
  try {
    bench.say(`ceiling: ${name}`);
    await work(peer, bench.options.warmUpSeconds);
    const before = await cpuUs(peer.pid);
    const { count, seconds, postgresCpuUs } = await work(peer, bench.options.seconds);
    return {
      name,
      perSecond: count / seconds,
      cpuUs: ((await cpuUs(peer.pid)) - before) / count,
      postgresCpuUs: (postgresCpuUs ?? Number.NaN) / count,
    };
  } finally {
    await peer.stop();
  }
}

async function accept(bench: Bench, peer: Peer<CeilingMethods>, seconds: number): Promise<Done> {
  const { accepted, startedAtUs, endedAtUs } = await bench.generator.call('publish', {
    port: await peer.call('accept'),
    eventTypes: eventTypes(1),
    payloadBytes: 1_024,
    seconds,
    pace: { clients: CLIENTS },
  });
  return { count: accepted, seconds: (endedAtUs - startedAtUs) / 1_000_000 };
}

async function insert(bench: Bench, peer: Peer<CeilingMethods>, seconds: number) {
  const database = await bench.server.createDatabase();
  try {
    const before = await database.cpuUs();
    const done = await peer.call('insert', database.url, seconds);
    await delay(REAP_MS);
    return { ...done, postgresCpuUs: (await database.cpuUs()) - before };
  } finally {
    await database.drop();
  }
}
