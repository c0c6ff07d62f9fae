import { readdir, readFile } from 'node:fs/promises';

/** `getconf CLK_TCK` on every Linux there is. */
const US_PER_TICK = 10_000;

/** Fields of /proc/<pid>/stat, counted from the one after the command's name. */
const PARENT = 1;
const CPU = 11;
const CPU_OF_ENDED_CHILDREN = 13;

async function readStat(pid: number): Promise<readonly string[] | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return text?.slice(text.lastIndexOf(')') + 2).split(' ');
}

function ticks(stat: readonly string[], first: number): number {
  return Number(stat[first]) + Number(stat[first + 1]);
}

/** CPU time of all threads of a process, user and system. */
export async function cpuUs(pid: number): Promise<number> {
  const stat = await readStat(pid);
  return stat === undefined ? Number.NaN : ticks(stat, CPU) * US_PER_TICK;
}

/** The same with all children, present and past: a Postgres and its backends. */
export async function familyCpuUs(pid: number): Promise<number> {
  const parent = await readStat(pid);
  if (parent === undefined) return Number.NaN;
  let total = ticks(parent, CPU) + ticks(parent, CPU_OF_ENDED_CHILDREN);
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readStat(Number(name));
    if (stat !== undefined && Number(stat[PARENT]) === pid) total += ticks(stat, CPU);
  }
  return total * US_PER_TICK;
}

export async function parentOf(pid: number): Promise<number | undefined> {
  const stat = await readStat(pid);
  return stat && Number(stat[PARENT]);
}

export async function commandOf(pid: number): Promise<string> {
  return readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
}

/** CPU time that the whole machine has spent on anything but waiting. */
export async function machineCpuUs(): Promise<number> {
  const text = await readFile('/proc/stat', 'utf8').catch(() => '');
  const [user = Number.NaN, nice = 0, system = 0, , , interrupts = 0, softInterrupts = 0] =
    text.split('\n', 1)[0]?.split(/\s+/).slice(1).map(Number) ?? [];
  return (user + nice + system + interrupts + softInterrupts) * US_PER_TICK;
}

export type Memory = { readonly nowMb: number; readonly peakMb: number };

/** Resident memory, now and at its highest. */
export async function memory(pid: number): Promise<Memory> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const megabytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? Number.NaN) / 1_024;
  return { nowMb: megabytes('VmRSS'), peakMb: megabytes('VmHWM') };
}
