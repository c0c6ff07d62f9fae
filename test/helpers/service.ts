import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Test } from 'tap';
import { createApi } from '../../src/api.ts';
import { loadConfig } from '../../src/config/config.ts';
import { createLogger } from '../../src/base/logger.ts';
import { createRuntime } from '../../src/runtime.ts';
import { startWorker } from '../../src/worker.ts';
import { apiDocument, buildCall, watchResponses, type Answer } from './contract.ts';
import { createTestDatabase, type TestDatabase } from './postgres.ts';
import { until, type UntilOptions } from './until.ts';

/** Undefined: not set, whatever tests set otherwise. */
type Environment = Readonly<Record<string, string | undefined>>;

/** Settings under which tests run: quiet, on a free port, delivering to this machine. */
const ENVIRONMENT: Environment = {
  HOST: '127.0.0.1',
  PORT: '0',
  LOG_LEVEL: 'silent',
  ALLOW_PRIVATE_TARGETS: '127.0.0.0/8',
  RETRY_SCHEDULE: '1s,1s',
  SHUTDOWN_TIMEOUT_MS: '5000',
};

export type ServiceOptions = {
  readonly env?: Environment;
  /** Left out, the service makes one of its own. */
  readonly database?: TestDatabase;
  readonly hasWorker?: boolean;
};

/**
 * API and worker in this process, put together as main does it, on a database of their own. Every
 * response is held against openapi.yaml. Ends with the test.
 */
export async function startService(t: Test, options: ServiceOptions = {}) {
  const database = options.database ?? (await createTestDatabase(t));
  const config = loadConfig({ ...ENVIRONMENT, DATABASE_URL: database.url, ...options.env });
  const logger = createLogger(config);
  const runtime = await createRuntime({
    config,
    databaseUrl: database.url,
    logger,
    version: '0.0.0-test',
  });
  t.teardown(() => runtime.close());
  const worker = options.hasWorker === false ? undefined : startWorker(runtime);
  let isWorking = worker !== undefined;
  const stopWorker = async (): Promise<void> => {
    isWorking = false;
    await worker?.stop();
  };
  t.teardown(async () => {
    if (isWorking) await stopWorker();
  });
  const api = await createApi(runtime, { worker });
  t.teardown(() => api.app.close());
  watchResponses(t, api.app);
  const address = await api.app.listen({ host: config.host, port: config.port });
  if (worker !== undefined) await untilWorkers(database, 1);
  return { ...database, config, runtime, api, address, stopWorker, ...buildClient(t, address) };
}

export type Service = Awaited<ReturnType<typeof startService>>;

/** Waits until that many workers are on the register. */
export async function untilWorkers(
  { pool }: Pick<TestDatabase, 'pool'>,
  count: number,
): Promise<void> {
  await until(
    async () => {
      const { rows } = await pool.query('select count(*)::integer as count from posthorn.workers');
      return rows[0].count === count;
    },
    { what: `${count} workers` },
  );
}

export type IngestOptions = {
  readonly headers?: Record<string, string>;
  readonly eventType?: string;
};

/** What tests ask of the API, over HTTP. */
export function buildClient(t: Test, address: string) {
  const call = buildCall(t, address, apiDocument);

  function post(
    path: string,
    body: string | Buffer,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const init = { headers: { 'content-type': 'application/json', ...headers } };
    return call('POST', path, { ...init, body: body as RequestInit['body'] });
  }

  async function ok(answer: Promise<Answer>, ...statuses: number[]): Promise<any> {
    const { status, body, text } = await answer;
    if (!statuses.includes(status)) throw new Error(`answered ${status}: ${text}`);
    return body;
  }

  /** Creates a subscription and answers it with its secret. */
  const subscribe = (targetUrl: string, fields: object = {}): Promise<any> =>
    ok(call('POST', '/subscriptions', { json: { target_url: targetUrl, ...fields } }), 201);

  const patch = (id: string, fields: object): Promise<any> =>
    ok(call('PATCH', `/subscriptions/${id}`, { json: fields }), 200);

  /** Sends an event to one subscription and answers the ids. */
  const ingest = (
    subscriptionId: string,
    body: string | Buffer = '{}',
    { headers = {}, eventType = 'order.created' }: IngestOptions = {},
  ): Promise<{ event_id: string; delivery_id: string }> =>
    ok(post(`/ingest/${subscriptionId}`, body, { 'x-event-type': eventType, ...headers }), 202);

  const publish = (event: object | object[], headers?: Record<string, string>): Promise<any> =>
    ok(post('/events', JSON.stringify(event), headers), 202);

  const delivery = (id: string): Promise<any> => ok(call('GET', `/deliveries/${id}`), 200);

  const attempts = async (deliveryId: string): Promise<any[]> =>
    (await ok(call('GET', `/deliveries/${deliveryId}/attempts`), 200)).data;

  /** The delivery, once its state is the one named. */
  const untilDelivery = (id: string, state: string, options: UntilOptions = {}): Promise<any> =>
    until(
      async () => {
        const found = await delivery(id);
        return (found.status === state || found.reason === state) && found;
      },
      { what: `delivery to be ${state}`, ...options },
    );

  return { call, post, subscribe, patch, ingest, publish, delivery, attempts, untilDelivery };
}

export type SpawnedProcess = {
  readonly child: ChildProcess;
  /** Lines of its log and of what it prints, so far. */
  readonly lines: readonly string[];
  /** Where its API listens, for roles that have one. */
  readonly address: string;
  /** Sends a signal. */
  signal(name: NodeJS.Signals): void;
  /** Resolves with the exit code, or the signal that ended it. */
  readonly exited: Promise<number | NodeJS.Signals>;
};

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;

/**
 * The program itself as a process of its own, for tests that kill it. Resolves once it works;
 * killed with the test.
 */
export async function spawnPosthorn(
  t: Test,
  role: 'all' | 'api' | 'worker',
  { databaseUrl, env = {} }: { databaseUrl: string; env?: Environment },
): Promise<SpawnedProcess> {
  const child = spawn(process.execPath, [MAIN, role], {
    env: {
      PATH: process.env['PATH'],
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      ...ENVIRONMENT,
      LOG_LEVEL: 'info',
      DATABASE_URL: databaseUrl,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream as NodeJS.ReadableStream }).on('line', (line) =>
      lines.push(line),
    );
  }
  const exited = once(child, 'exit').then(
    ([code, signal]) => (code ?? signal) as number | NodeJS.Signals,
  );
  t.teardown(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const includes = (text: string) => lines.some((line) => line.includes(text));
  const isWorking = () =>
    (role === 'api' || includes('"worker started"')) && (role === 'worker' || includes('  API  '));
  await until(() => child.exitCode !== null || isWorking(), { timeoutMs: 60_000 }).catch(
    () => undefined,
  );
  if (!isWorking()) throw new Error(`posthorn ${role} does not start:\n${lines.join('\n')}`);
  const address = lines
    .map((line) => /^ {2}API +(\S+)$/.exec(line)?.[1])
    .find((url) => url !== undefined);
  return {
    child,
    lines,
    address: address ?? '',
    signal: (name) => void child.kill(name),
    exited,
  };
}
