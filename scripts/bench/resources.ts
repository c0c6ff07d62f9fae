import { availableParallelism } from 'node:os';
import { nowUs } from './clock.ts';
import { cpuUs, machineCpuUs, memory } from './processes.ts';
import type { Service } from './service.ts';
import type { Stage } from './stage.ts';

/** What everything had used at a moment. */
export type Look = {
  readonly atUs: number;
  readonly walBytes: number;
  readonly machineCpuUs: number;
  readonly cpuUs: Readonly<Record<string, number>>;
};

export async function look({ bench, service, database }: Stage): Promise<Look> {
  const processes = [
    ...service.processes,
    { name: 'generator', pid: bench.generator.pid },
    { name: 'receiver', pid: bench.receiver.pid },
  ];
  const times = await Promise.all(
    processes.map(async ({ name, pid }) => [name, await cpuUs(pid)] as const),
  );
  return {
    atUs: nowUs(),
    walBytes: await database.walBytes(),
    machineCpuUs: await machineCpuUs(),
    cpuUs: Object.fromEntries([...times, ['postgres', await database.cpuUs()] as const]),
  };
}

/** How much of the machine went to what is not part of the benchmark, 0 to 1. */
export function othersCpuShare(before: Look, after: Look): number {
  const ours = Object.entries(after.cpuUs).reduce(
    (total, [name, us]) => total + us - (before.cpuUs[name] ?? 0),
    0,
  );
  const all = after.machineCpuUs - before.machineCpuUs;
  return Math.max(0, all - ours) / ((after.atUs - before.atUs) * availableParallelism());
}

/** Reads a service's memory every minute, in megabytes, all its processes together. */
export function watchMemory({ processes }: Service): { stop(): Promise<number[]> } {
  const samples: Promise<number>[] = [];
  const timer = setInterval(() => {
    samples.push(
      Promise.all(processes.map(({ pid }) => memory(pid))).then((all) =>
        all.reduce((sum, { nowMb }) => sum + nowMb, 0),
      ),
    );
  }, MINUTE_MS);
  return {
    stop() {
      clearInterval(timer);
      return Promise.all(samples);
    },
  };
}

const MINUTE_MS = 60_000;
