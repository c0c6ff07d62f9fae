import { access, constants, stat, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { isLoopbackHost } from '../../config/config-values.ts';
import { ConfigError, loadConfig, type Config } from '../../config/config.ts';
import { failed, ok, warning, type Check } from './check.ts';

const MIN_NODE = [22, 19] as const;
const FEW_BYTES = 1_073_741_824;
const ANSWER_TIMEOUT_MS = 3_000;

export function checkNode(version = process.versions.node): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isNewEnough = major > MIN_NODE[0] || (major === MIN_NODE[0] && minor >= MIN_NODE[1]);
  return isNewEnough
    ? ok('node', `Node ${version}`)
    : failed(
        'node',
        `Node ${version}`,
        `Install Node ${MIN_NODE.join('.')} or later; 24 is tested.`,
      );
}

export type ConfigReport = {
  /** Read as if what is wrong were not set. */
  readonly config: Config;
  /** The variables that are wrong. */
  readonly wrongKeys: ReadonlySet<string>;
  readonly checks: readonly Check[];
};

export function checkConfig(env: NodeJS.ProcessEnv): ConfigReport {
  try {
    const config = loadConfig(env);
    return {
      config,
      wrongKeys: new Set(),
      checks: [ok('config', 'every setting is understood')],
    };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const wrongKeys = new Set(error.problems.map((problem) => problem.split(' ', 1)[0] ?? ''));
    const rest = Object.fromEntries(Object.entries(env).filter(([key]) => !wrongKeys.has(key)));
    return {
      config: loadConfig(rest),
      wrongKeys,
      checks: error.problems.map((problem) =>
        failed(
          'config',
          problem,
          `Change or unset ${problem.split(' ', 1)[0]}; .env.example describes it.`,
        ),
      ),
    };
  }
}

/** The folder of the embedded Postgres, or the first one above it that exists. */
export async function checkDataDir({ dataDir }: Pick<Config, 'dataDir'>): Promise<Check> {
  const name = 'data directory';
  let folder = dataDir;
  while (!(await exists(folder)) && dirname(folder) !== folder) folder = dirname(folder);
  if (!(await stat(folder)).isDirectory()) {
    return failed(
      name,
      `${folder} is not a folder`,
      'Remove it, or set DATA_DIR to another folder.',
    );
  }
  try {
    await access(folder, constants.W_OK | constants.X_OK);
  } catch {
    return failed(
      name,
      `${folder} is not writable`,
      `Give it to the user who runs Posthorn (chown ${process.getuid?.() ?? ''} ${folder}), or set DATA_DIR.`,
    );
  }
  const { bavail, bsize } = await statfs(folder);
  const free = `${((bavail * bsize) / FEW_BYTES).toFixed(1)} GB free`;
  return bavail * bsize < FEW_BYTES
    ? warning(name, `${dataDir}, ${free}`, 'Make room: Postgres stops when its disk is full.')
    : ok(name, `${dataDir}, ${free}`);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Whether the API could listen, or does already. */
export async function checkPort({ host, port }: Pick<Config, 'host' | 'port'>): Promise<Check> {
  const name = 'port';
  if (port === 0) return ok(name, 'any free one');
  const code = await tryListening(host, port);
  if (code === undefined) return ok(name, `${port} on ${host} is free`);
  if (code === 'EADDRINUSE') {
    return (await isPosthorn(host, port))
      ? ok(name, `Posthorn serves ${port} on ${host} already`)
      : failed(
          name,
          `${port} on ${host} is in use by another program`,
          'Stop it, or set PORT to another.',
        );
  }
  const fix =
    code === 'EACCES'
      ? 'Set PORT to one above 1023, or let the user listen on low ports.'
      : 'Set HOST to an address of this machine, 127.0.0.1 or 0.0.0.0.';
  return failed(name, `cannot listen on ${host}:${port} (${code})`, fix);
}

async function tryListening(host: string, port: number): Promise<string | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
}

async function isPosthorn(host: string, port: number): Promise<boolean> {
  const peer = isLoopbackHost(host) || !/^(0\.0\.0\.0|::)$/.test(host) ? host : '127.0.0.1';
  const authority = peer.includes(':') ? `[${peer}]` : peer;
  try {
    const response = await fetch(`http://${authority}:${port}/ready`, {
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    const body = (await response.json()) as { checks?: { workers?: unknown } };
    return body.checks?.workers !== undefined;
  } catch {
    return false;
  }
}
