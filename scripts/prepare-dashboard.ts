/**
 * Builds the dashboard and the guides where they are missing or older than what they are made of,
 * and where the tools for it are installed. `npm start` builds only what is missing.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { glob, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BUILT = ['dist/dashboard/index.html', 'dist/guides/index.html'];
/** The dashboard imports a few files of the service: any of them may be one. */
const SOURCES = ['src/**/*', 'docs/**/*', 'scripts/guides/*', 'scripts/build-guides.ts'];
const TOOLS = 'node_modules/vite';

const modifiedMs = async (path: string): Promise<number> => (await stat(ROOT + path)).mtimeMs;

async function isStale(): Promise<boolean> {
  const builtMs = Math.min(...(await Promise.all(BUILT.map(modifiedMs))));
  for await (const path of glob([...SOURCES, 'package-lock.json'], { cwd: ROOT })) {
    if ((await modifiedMs(path)) > builtMs) return true;
  }
  return false;
}

const isMissing = (): boolean => !BUILT.every((path) => existsSync(ROOT + path));

function build(): void {
  if (!existsSync(ROOT + TOOLS)) return;
  const { status } = spawnSync('npm', ['run', '--silent', 'build'], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (status !== 0) throw new Error('npm run build has failed');
}

/** For tests, which are to see what the sources say now. */
export async function buildIfStale(): Promise<void> {
  if (isMissing() || (await isStale())) build();
}

if (import.meta.main && isMissing()) build();
