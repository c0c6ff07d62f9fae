#!/usr/bin/env node
// Runs the command line with a Node that runs TypeScript: this one, if it is new enough, or else
// the one that npm installed beside it.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MIN_MAJOR = 24;
const CLI = new URL('../src/cli.ts', import.meta.url);

if (Number.parseInt(process.versions.node, 10) >= MIN_MAJOR) {
  await import(CLI.href);
} else {
  const child = spawn(findNode(), [fileURLToPath(CLI), ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    // A terminal sends Ctrl-C to both; what is sent to us alone is passed on.
    process.on(signal, () => signal === 'SIGINT' && process.stdin.isTTY || child.kill(signal));
  }
  child.once('exit', (code, signal) => {
    process.exitCode = code ?? 1;
    if (signal !== null) process.kill(process.pid, signal);
  });
}

function findNode() {
  try {
    const packageFile = createRequire(import.meta.url).resolve('node/package.json');
    return join(dirname(packageFile), 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  } catch {
    process.stderr.write(
      `Posthorn needs Node ${MIN_MAJOR} or later; this is ${process.version}.\n`,
    );
    process.exit(1);
  }
}
