import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const start = (...args: string[]) => promisify(execFile)(process.execPath, [MAIN, ...args]);

t.test('the process says what it can be started as', async (t) => {
  t.match(await start('--help'), { stdout: /^usage: node src\/main\.ts \[all \| api/, stderr: '' });
});

for (const args of [['nothing'], ['--port'], ['api', 'worker']]) {
  t.test(`and refuses ${args.join(' ')} with that alone`, async (t) => {
    await t.rejects(start(...args), {
      code: 1,
      stdout: '',
      stderr: /^usage: node [^]*\.env\.example lists them\.\n$/,
    });
  });
}
