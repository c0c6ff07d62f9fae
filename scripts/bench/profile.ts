import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** A function and the time spent in itself, callees excluded. */
export type HotSpot = { readonly name: string; readonly place: string; readonly share: number };

type Profile = {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: {
      readonly functionName: string;
      readonly url: string;
      readonly lineNumber: number;
    };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
};

/** Not work: the process waits, or the sampler is between two samples. */
const IDLE: ReadonlySet<string> = new Set(['(idle)', '(root)']);

/** The functions of a `.cpuprofile` that took the most time themselves, of the time not idle. */
export async function hottest(file: string, count: number): Promise<HotSpot[]> {
  const { nodes, samples, timeDeltas } = JSON.parse(await readFile(file, 'utf8')) as Profile;
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const selfUs = new Map<string, number>();
  let busyUs = 0;
  samples.forEach((id, index) => {
    const frame = frames.get(id);
    if (frame === undefined || IDLE.has(frame.functionName)) return;
    const us = timeDeltas[index] ?? 0;
    busyUs += us;
    const key = `${frame.functionName || '(anonymous)'}\n${placeOf(frame.url, frame.lineNumber)}`;
    selfUs.set(key, (selfUs.get(key) ?? 0) + us);
  });
  return [...selfUs]
    .sort(([, a], [, b]) => b - a)
    .slice(0, count)
    .map(([key, us]) => {
      const [name, place] = key.split('\n') as [string, string];
      return { name, place, share: us / busyUs };
    });
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

function placeOf(url: string, lineNumber: number): string {
  if (url === '') return '';
  const path = url.startsWith('file:') ? fileURLToPath(url) : url;
  return `${path.replace(ROOT, '').replace(/^.*node_modules\//, '')}:${lineNumber + 1}`;
}
