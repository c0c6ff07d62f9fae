import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import t from 'tap';

const LOGGER = new URL('../../src/base/logger.ts', import.meta.url).href;

/** A process that logs when it is told to, and exits as `main.ts` does. */
function startLogging(lines: string) {
  const program = `
    import { createLogger } from '${LOGGER}';
    const logger = createLogger({ logLevel: 'info' });
    process.stdin.once('data', () => { ${lines} });
    process.stderr.write('ready');
  `;
  return spawn(process.execPath, ['--input-type=module-typescript', '--eval', program]);
}

t.test('what was logged is written before a process exits', async (t) => {
  const child = startLogging("logger.info('first'); logger.fatal('last'); process.exit(3);");
  await once(child.stderr, 'data');
  child.stdin.write('go');
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  t.strictSame(
    output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).msg),
    ['first', 'last'],
  );
  t.equal(code, 3);
});

t.test('a process whose log nobody reads any more still exits', async (t) => {
  const child = startLogging("logger.fatal('unheard'); process.exit(3);");
  await once(child.stderr, 'data');
  child.stdout.destroy();
  child.stdin.write('go');
  const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
  const [code] = await once(child, 'exit');
  clearTimeout(timer);
  t.equal(code, 3);
});

t.test('a process continues after its reader has gone', async (t) => {
  const child = startLogging(
    "setInterval(() => logger.info('x'.repeat(9_000)), 5); setTimeout(() => process.exit(4), 300);",
  );
  await once(child.stderr, 'data');
  child.stdout.destroy();
  child.stdin.write('go');
  const [code] = await once(child, 'exit');
  t.equal(code, 4);
});
