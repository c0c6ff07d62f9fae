import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createProcess, type FaultyProcess, type Role } from './process.ts';
import { createPostgres, type FaultyPostgres } from './postgres.ts';
import { startReceiver, type Behaviour, type Receiver } from './receiver.ts';
import { createRedis, hasRedis, type FaultyRedis } from './redis.ts';
import { findFreePort } from '../../src/database/free-port.ts';
import { until } from './wait.ts';

export type ApiProcess = FaultyProcess & { readonly origin: string };

/** The service in separate processes, everything it depends on, and who it delivers to. */
export type Stage = {
  readonly postgres: FaultyPostgres;
  /** Undefined where redis-server is not installed. */
  readonly redis: FaultyRedis | undefined;
  readonly receiver: Receiver;
  readonly apis: readonly ApiProcess[];
  readonly workers: readonly FaultyProcess[];
  readonly processes: readonly FaultyProcess[];
  /** Ids of the subscriptions that the load publishes to. */
  readonly subscriptions: Readonly<Record<Behaviour, string>>;
  subscribe(fields: Readonly<Record<string, unknown>>): Promise<string>;
  /** How many worker processes are registered and alive. */
  countWorkers(): Promise<number>;
  close(): Promise<void>;
};

export type StageOptions = {
  readonly name: string;
  readonly workDir: string;
  /** Where the cluster goes; beside everything else unless given. */
  readonly postgresDir?: string;
  readonly postgresSettings?: Readonly<Record<string, string>>;
  /** Two processes that accept and deliver, each an API and a worker, instead of two of each. */
  readonly isTogether?: boolean;
};

const open = new Set<() => Promise<void>>();

/** Closes whatever stages are left, as after a scenario that was given up. */
export async function closeStages(): Promise<void> {
  await Promise.all([...open].map((close) => close()));
}

const READY_WITHIN_MS = 60_000;
const BEHAVIOURS: readonly Behaviour[] = ['steady', 'flaky', 'slow'];

/** Short waits, so that a campaign sees many retries, and enough of them to outlast every fault. */
const ENVIRONMENT = {
  HOST: '127.0.0.1',
  ALLOW_PRIVATE_TARGETS: '127.0.0.0/8',
  RETRY_SCHEDULE: '1s,1s,2s,2s,3s,3s,5s,5s,5s,10s,10s,10s,10s,10s',
  DELIVERY_TIMEOUT_MS: '3000',
  // Expires all the time, so that Redis is asked all the time.
  CACHE_TTL_SECONDS: '1',
  SHUTDOWN_TIMEOUT_MS: '10000',
  LOG_LEVEL: 'info',
};

export async function openStage(options: StageOptions): Promise<Stage> {
  const dir = join(options.workDir, options.name);
  await mkdir(dir, { recursive: true, mode: 0o755 });
  const closers: (() => unknown)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer();
    open.delete(close);
  };
  open.add(close);
  try {
    const postgres = await createPostgres(
      options.postgresDir ?? join(dir, 'postgres'),
      options.postgresSettings,
    );
    closers.push(() => postgres.stopAtOnce());
    const redis = hasRedis() ? await createRedis() : undefined;
    closers.push(() => redis?.close());
    const receiver = await startReceiver();
    closers.push(() => receiver.close());

    const env = {
      ...ENVIRONMENT,
      // Hundreds of starts, each of the same code.
      NODE_COMPILE_CACHE: join(options.workDir, 'compile-cache'),
      DATABASE_URL: postgres.url,
      ...(redis !== undefined && { REDIS_URL: redis.url }),
    };
    const make = (name: string, role: Role, port: number): FaultyProcess =>
      createProcess({
        name,
        role,
        env: { ...env, PORT: String(port) },
        logFile: join(dir, `${name}.log`),
        async untilReady(pid) {
          if (role !== 'worker') await untilAnswers(port);
          if (role !== 'api') await untilRegistered(postgres, pid);
        },
      });
    const { isTogether = false } = options;
    const apis = await Promise.all(
      [1, 2].map(async (number) => {
        const port = await findFreePort();
        const origin = `http://127.0.0.1:${port}`;
        const role = isTogether ? 'all' : 'api';
        return Object.assign(make(`${role}-${number}`, role, port), { origin });
      }),
    );
    const workers = isTogether
      ? apis
      : [1, 2].map((number) => make(`worker-${number}`, 'worker', 0));
    const processes = isTogether ? apis : [...apis, ...workers];
    closers.push(() => Promise.all(processes.map((one) => one.kill())));
    for (const one of processes) await one.start();

    const subscribe: Stage['subscribe'] = (fields) => createSubscription(apis, fields);
    const subscriptions = Object.fromEntries(
      await Promise.all(
        BEHAVIOURS.map(async (behaviour) => [
          behaviour,
          await subscribe({
            target_url: `http://127.0.0.1:${receiver.port}/${behaviour}`,
            event_types: [`faults.${behaviour}`],
            ingest_signature: 'off',
          }),
        ]),
      ),
    ) as Record<Behaviour, string>;
    return {
      postgres,
      redis,
      receiver,
      apis,
      workers,
      processes,
      subscriptions,
      subscribe,
      close,
      countWorkers: () => countWorkers(postgres),
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function untilAnswers(port: number): Promise<void> {
  await until(
    `readiness at port ${port}`,
    READY_WITHIN_MS,
    async () => (await fetch(`http://127.0.0.1:${port}/ready`)).ok,
  );
}

async function untilRegistered(postgres: FaultyPostgres, pid: number): Promise<void> {
  await until(`registration of worker ${pid}`, READY_WITHIN_MS, async () => {
    const rows = await postgres.query('select from posthorn.workers where process_id = $1', [pid]);
    return rows.length === 1;
  });
}

async function countWorkers(postgres: FaultyPostgres): Promise<number> {
  const [row] = await postgres.query<{ count: number }>(
    `select count(distinct process_id)::integer as count from posthorn.workers
    where beat_at > clock_timestamp() - interval '3 seconds'`,
  );
  return row?.count ?? 0;
}

async function createSubscription(
  apis: readonly { origin: string }[],
  fields: Readonly<Record<string, unknown>>,
): Promise<string> {
  const response = await fetch(`${apis[0]?.origin}/subscriptions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(fields),
  });
  const text = await response.text();
  if (response.status !== 201)
    throw new Error(`subscribing was answered ${response.status}: ${text}`);
  return (JSON.parse(text) as { id: string }).id;
}
