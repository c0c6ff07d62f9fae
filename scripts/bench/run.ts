import { setTimeout as delay } from 'node:timers/promises';
import type { Load, Publication } from './generator.ts';
import { memory, type Memory } from './processes.ts';
import type { Reception } from './receiver.ts';
import { look, othersCpuShare, watchMemory, type Look } from './resources.ts';
import type { Summary } from './samples.ts';
import { MAIN_GROUP, type Stage } from './stage.ts';

/** What one run showed. Everything is counted from its first event until its last delivery. */
export type Run = {
  readonly offeredPerSecond: number;
  readonly acceptedPerSecond: number;
  /** End to end: from the first event published to the last one delivered. */
  readonly deliveredPerSecond: number;
  readonly events: number;
  readonly deliveries: number;
  /** From sending, or from when it was due, to the 202. In milliseconds. */
  readonly accept: Summary;
  /** From sending, or from when it was due, to the arrival at the receiver. In milliseconds. */
  readonly delivery: Summary;
  /** By process: the service's own, `postgres`, `generator`, `receiver`. */
  readonly cpuUsPerDelivery: Readonly<Record<string, number>>;
  /** How much of the machine went to what is not part of the benchmark, 0 to 1. */
  readonly othersCpuShare: number;
  readonly walBytesPerEvent: number;
  readonly lost: number;
  readonly doubled: number;
  /** Refused requests and deliveries by cause. */
  readonly errors: Readonly<Record<string, number>>;
  /** Of the service's processes, at the end of the run. */
  readonly memory: Readonly<Record<string, Memory>>;
  /** Megabytes after each minute of the run, all processes of the service together. */
  readonly memoryByMinute: readonly number[];
};

export type RunOptions = {
  readonly load: Omit<Load, 'port' | 'seconds' | 'payloadBytes'> & { readonly seconds?: number };
  /** Deliveries that each event leads to. */
  readonly fanOut?: number;
};

const PAYLOAD_BYTES = 1_024;
const DRAIN_MS = 90_000;
/** For attempts to be recorded, and for what is delivered twice to arrive. */
const SETTLE_MS = 400;

/** One load from its first event to its last delivery. */
export async function run(stage: Stage, { load, fanOut = 1 }: RunOptions): Promise<Run> {
  const {
    bench: { generator, receiver, options },
    service,
    database,
  } = stage;
  await database.checkpoint();
  await receiver.call('reset');
  const before = await look(stage);
  const memoryWatch = watchMemory(service);
  const publication = await generator.call('publish', {
    payloadBytes: PAYLOAD_BYTES,
    seconds: options.seconds,
    ...load,
    port: service.port,
  });
  const memoryByMinute = await memoryWatch.stop();
  const expected = publication.accepted * fanOut;
  const isComplete = await receiver.call('waitFor', MAIN_GROUP, expected, DRAIN_MS);
  await delay(SETTLE_MS);
  const after = await look(stage);
  const reception = await receiver.call('report', MAIN_GROUP);
  return {
    ...ratesOf(publication, reception),
    ...costsOf(before, after, publication.accepted, reception.distinct),
    ...faultsOf(publication, reception, fanOut, isComplete),
    memory: Object.fromEntries(
      await Promise.all(
        service.processes.map(async ({ name, pid }) => [name, await memory(pid)] as const),
      ),
    ),
    memoryByMinute,
  };
}

function ratesOf(publication: Publication, reception: Reception) {
  const { sent, accepted, startedAtUs, endedAtUs } = publication;
  const publishedInS = (endedAtUs - startedAtUs) / 1_000_000;
  const deliveredInS = (reception.lastAtUs - startedAtUs) / 1_000_000;
  return {
    offeredPerSecond: sent / publishedInS,
    acceptedPerSecond: accepted / publishedInS,
    deliveredPerSecond: reception.distinct / deliveredInS,
    events: accepted,
    deliveries: reception.distinct,
    accept: publication.latency,
    delivery: reception.latency,
  };
}

function costsOf(before: Look, after: Look, events: number, deliveries: number) {
  return {
    cpuUsPerDelivery: Object.fromEntries(
      Object.entries(after.cpuUs).map(([name, us]) => [
        name,
        (us - (before.cpuUs[name] ?? 0)) / deliveries,
      ]),
    ),
    othersCpuShare: othersCpuShare(before, after),
    walBytesPerEvent: (after.walBytes - before.walBytes) / events,
  };
}

function faultsOf(
  publication: Publication,
  reception: Reception,
  fanOut: number,
  isComplete: boolean,
) {
  const { sent, accepted, errors } = publication;
  const { received, distinct, refused } = reception;
  // What was committed while its answer was lost may be delivered, and is not one too many.
  const atMost = sent * fanOut;
  return {
    lost: Math.max(0, accepted * fanOut - distinct),
    doubled: received - refused - distinct + Math.max(0, distinct - atMost),
    errors: {
      ...errors,
      ...(refused > 0 && { 'bad signature': refused }),
      ...(!isComplete && { 'not drained in time': 1 }),
    },
  };
}
