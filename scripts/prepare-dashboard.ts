/** Builds the dashboard and the guides for `npm start` where nobody has yet, and where its tools are installed. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const built = ['dashboard', 'guides'].map((name) => new URL(`../dist/${name}/`, import.meta.url));
const tools = new URL('../node_modules/vite/', import.meta.url);

if (!built.every((path) => existsSync(path)) && existsSync(tools)) {
  const { status } = spawnSync('npm', ['run', '--silent', 'build'], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
  process.exitCode = status ?? 1;
}
