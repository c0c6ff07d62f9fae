#!/usr/bin/env node
// Runs the command line: what `prepack` compiled where that is all there is, as in a package from
// npm, otherwise the sources. A Node that is too old hands over to the one that npm installed beside
// it in a checkout.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module, { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const source = new URL('../src/cli/cli.ts', import.meta.url);
const isCheckout = existsSync(source);
const cli = isCheckout ? source : new URL('../lib/cli/cli.js', import.meta.url);
// undici needs 22.19; the sources are run and tested on 24 alone.
const least = isCheckout ? [24, 0] : [22, 19];
const [major, minor] = process.versions.node.split('.').map(Number);

if (major > least[0] || (major === least[0] && minor >= least[1])) {
  // Halves the time until a command says something.
  module.enableCompileCache();
  await import(cli.href);
} else {
  const child = spawn(findNode(), [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    // A terminal sends Ctrl-C to both; what is sent to us alone is passed on.
    process.on(signal, () => (signal === 'SIGINT' && process.stdin.isTTY) || child.kill(signal));
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
      isCheckout
        ? `Run npm ci first: it installs the Node 24 that the sources run on; this is ${process.version}.\n`
        : `Posthorn needs Node 22.19 or later; this is ${process.version}. Install a newer one.\n`,
    );
    process.exit(1);
  }
}
