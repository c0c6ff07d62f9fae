import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import {
  seconds,
  underLoad,
  waitsFrom,
  type Context,
  type Scenario,
  type UnderLoad,
} from '../campaign.ts';
import type { HostileReceiver, HostileServers } from '../hostile-servers.ts';
import type { Stage } from '../stage.ts';
import { get } from '../verdict.ts';
import { happens, quantile } from '../wait.ts';

const DEADLINE_MS = 2_000;
const ENDS_WITHIN_MS = DEADLINE_MS + 1_000;
const MOST_GROWTH_MB = 50;
/** On a busy machine a p99 of a few milliseconds says nothing; this is taken as the least. */
const LEAST_P99_MS = 100;
const QUIET_ROUNDS = 6;
const ROUND_MS = 1_000;
const EVENTS_OF_A_KIND = 4;
const SAMPLE_EVERY_MS = 250;

export const hostileReceivers: Scenario = {
  name: 'hostile',
  fault: 'receivers that refuse, hang, trickle, flood, talk nonsense, lie',
  longMinutes: 2,
  async run(context) {
    const thread = new Worker(new URL('../hostile-servers.ts', import.meta.url), {
      workerData: context.workDir,
    });
    const [servers] = (await once(thread, 'message')) as [HostileServers];
    for (const missing of servers.missing) context.say(`LEFT OUT: ${missing}`);
    try {
      await restartWorkers(context, servers);
      const outcome = await underLoad(context, (under) => torment(context, servers, under));
      return {
        ...outcome,
        leftOut: servers.missing,
        figures: [...outcome.figures, ...servers.missing.map((what) => `left out: ${what}`)],
      };
    } finally {
      await thread.terminate();
      for (const worker of context.stage.workers) {
        await worker.terminate();
        await worker.start();
      }
    }
  },
};

/** Workers that trust the certificate and ask the silent name server. */
async function restartWorkers({ stage, workDir }: Context, servers: HostileServers): Promise<void> {
  const { certificateFile, silentDns } = servers;
  let resolvConf: string | undefined;
  if (silentDns !== undefined) {
    resolvConf = join(workDir, 'resolv.conf');
    writeFileSync(resolvConf, `nameserver ${silentDns}\n`);
  }
  for (const worker of stage.workers) {
    await worker.terminate();
    await worker.start({
      resolvConf,
      ...(certificateFile !== undefined && { env: { NODE_EXTRA_CA_CERTS: certificateFile } }),
    });
  }
}

async function torment(
  context: Context,
  servers: HostileServers,
  under: UnderLoad,
): Promise<number> {
  const { stage } = context;
  const types = await Promise.all(
    servers.receivers.map(
      async (receiver) => [receiver.name, await subscribe(stage, receiver)] as const,
    ),
  );
  const honestType = await subscribe(stage, servers.honest);
  // The same bursts to a receiver that answers: what the hostile add to them is their own.
  const quiet = { fromMs: performance.now(), toMs: performance.now() };
  for (let round = 0; round < QUIET_ROUNDS; round += 1) {
    for (let kind = 0; kind < types.length; kind += 1) await publishTo(stage, honestType);
    await delay(ROUND_MS);
  }
  quiet.toMs = performance.now();
  const before = await residentMb(stage);

  const rounds = context.repetitions(3, 20);
  const loud = { fromMs: performance.now(), toMs: performance.now() };
  const memory = sampleMemory(stage);
  const eventIds = new Map<string, string[]>();
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, type] of types) {
      const ids = await publishTo(stage, type);
      eventIds.set(name, [...(eventIds.get(name) ?? []), ...ids]);
    }
    await delay(ROUND_MS);
  }
  await checkEnds(stage, eventIds, under);
  loud.toMs = performance.now();

  const growthMb = memory.stop() - before;
  under.figures.push(
    `${types.length} kinds, memory ${growthMb >= 0 ? '+' : ''}${Math.round(growthMb)} MB`,
  );
  if (growthMb > MOST_GROWTH_MB) under.violations.push(`memory grew by ${Math.round(growthMb)} MB`);
  await delay(500);
  checkHealthy(under, quiet, loud, context.slack);
  return rounds;
}

async function residentMb(stage: Stage): Promise<number> {
  return Math.max(...(await Promise.all(stage.workers.map((worker) => worker.residentMb()))));
}

function sampleMemory(stage: Stage): { stop(): number } {
  let peakMb = 0;
  const timer = setInterval(() => {
    void residentMb(stage).then((mb) => {
      peakMb = Math.max(peakMb, mb);
    });
  }, SAMPLE_EVERY_MS);
  return {
    stop() {
      clearInterval(timer);
      return peakMb;
    },
  };
}

/** Answers the event type that reaches the receiver. */
async function subscribe(stage: Stage, { name, url }: HostileReceiver): Promise<string> {
  const type = `hostile.${name}.${process.pid}.${Date.now()}`;
  await stage.subscribe({
    target_url: url,
    event_types: [type],
    retry_schedule: 'none',
    timeout_ms: DEADLINE_MS,
  });
  return type;
}

async function publishTo(stage: Stage, type: string): Promise<string[]> {
  const events = Array.from({ length: EVENTS_OF_A_KIND }, () => ({
    event_type: type,
    payload: {},
  }));
  const response = await fetch(`${stage.apis[0]?.origin}/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(events),
  });
  if (response.status !== 202) throw new Error(`publishing was answered ${response.status}`);
  const { data } = (await response.json()) as { data: { id: string }[] };
  return data.map(({ id }) => id);
}

type Listed = { data: { id: string; status: string; reason: string | null }[] };
type Attempts = { data: { duration_ms: number; error: { kind: string } | null }[] };

/** Kinds whose status line says success, which counts however the rest ends; every other has failed. */
const TAKEN: ReadonlySet<string> = new Set([
  'endless-body',
  'gzip-bomb',
  'half-body',
  'trickle',
  'trickled-headers',
]);
/** An open breaker holds deliveries back; the probe that closes it may come this late. */
const ALL_END_WITHIN_MS = 60_000;

async function checkEnds(
  stage: Stage,
  eventIds: ReadonlyMap<string, readonly string[]>,
  under: UnderLoad,
): Promise<void> {
  let longestMs = 0;
  for (const [name, ids] of eventIds) {
    const [first = ''] = ids;
    let delivery: Listed['data'][number] | undefined;
    await happens(
      ALL_END_WITHIN_MS,
      async () => {
        [delivery] = (await get<Listed>(stage, `/deliveries?event_id=${first}`)).data;
        return (
          delivery !== undefined &&
          delivery.status !== 'pending' &&
          delivery.status !== 'delivering'
        );
      },
      200,
    );
    const expected = TAKEN.has(name) ? 'delivered' : 'failed';
    if (delivery?.status !== expected) {
      under.violations.push(
        `${name} is ${delivery?.status ?? 'unknown'} ${delivery?.reason ?? ''}`,
      );
    }
    const { data } = await get<Attempts>(stage, `/deliveries/${delivery?.id}/attempts`);
    for (const { duration_ms: ms, error } of data) {
      longestMs = Math.max(longestMs, ms);
      if (ms > ENDS_WITHIN_MS)
        under.violations.push(`${name}: an attempt took ${ms} ms (${error?.kind})`);
    }
  }
  under.figures.push(`longest attempt ${seconds(longestMs)} of ${seconds(DEADLINE_MS)} allowed`);
}

function checkHealthy(
  under: UnderLoad,
  quiet: { fromMs: number; toMs: number },
  loud: { fromMs: number; toMs: number },
  slack: number,
): void {
  const [quietMs = 0, loudMs = 0] = [quiet, loud].map((window) =>
    quantile(waitsFrom(under.load, window), 0.99),
  );
  under.figures.push(
    `healthy p99 ${Math.round(loudMs)} ms, beside as many that answer ${Math.round(quietMs)} ms`,
  );
  if (loudMs > 2 * slack * Math.max(quietMs, LEAST_P99_MS)) {
    under.violations.push(
      `healthy p99 rose from ${Math.round(quietMs)} to ${Math.round(loudMs)} ms`,
    );
  }
}
