import { join } from 'node:path';
import type { GeneratorMethods } from './generator.ts';
import type { Peer } from './peer.ts';
import type { BenchDatabase, Server } from './postgres.ts';
import type { Behaviour, Endpoint, ReceiverMethods } from './receiver.ts';
import { createSubscription, POSTHORN, startService, type Service } from './service.ts';

export type Options = {
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly runs: number;
  /** Retries waiting and attempts of history in `backlog`. */
  readonly retries: number;
  readonly history: number;
  /** Settings for the service, on top of its defaults. */
  readonly env: Readonly<Record<string, string>>;
  readonly profileDir: string | undefined;
  readonly logDir: string;
};

export type Closer = () => Promise<void>;

/** What all scenarios of a session share. */
export type Bench = {
  readonly options: Options;
  readonly server: Server;
  readonly generator: Peer<GeneratorMethods>;
  readonly receiver: Peer<ReceiverMethods>;
  readonly receiverPort: number;
  /** Delivered per second of rows measured before, for scenarios that build on them. */
  readonly rates: Map<string, number>;
  /** What is to be undone if the session is cut short, last one first. */
  readonly closers: Closer[];
  say(text: string): void;
};

/** A running service with its own database and its endpoints, for as long as a scenario lasts. */
export type Stage = {
  readonly bench: Bench;
  readonly database: BenchDatabase;
  readonly service: Service;
};

export type StageOptions = {
  readonly programs: Readonly<Record<string, readonly string[]>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly endpoints: readonly NewEndpoint[];
};

/** An endpoint of the receiver and the subscription that leads to it. */
export type NewEndpoint = {
  readonly eventType: string;
  readonly group?: string;
  readonly behaviour?: Behaviour;
};

/** What deliveries are counted under unless a scenario says otherwise. */
export const MAIN_GROUP = 'main';

export const ONE_PROCESS = { all: [POSTHORN, 'all'] };
export const TWO_PROCESSES = { api: [POSTHORN, 'api'], worker: [POSTHORN, 'worker'] };
export const NAIVE = { naive: [new URL('naive.ts', import.meta.url).pathname] };

const CREATE_AT_ONCE = 16;

/** Event types of one length, which the load generator needs. */
export function eventTypes(count: number, family = 'bench'): string[] {
  return Array.from({ length: count }, (_, index) => `${family}.${String(index).padStart(4, '0')}`);
}

/** Starts what a scenario needs, and ends it whatever comes of the scenario. */
export async function onStage<T>(
  bench: Bench,
  options: StageOptions,
  play: (stage: Stage) => Promise<T>,
): Promise<T> {
  const { closers } = bench;
  const before = closers.length;
  const { logDir, profileDir, env } = bench.options;
  try {
    const database = await bench.server.createDatabase();
    closers.push(() => database.drop());
    const service = await startService({
      databaseUrl: database.url,
      programs: options.programs,
      env: { TEST_RECEIVER: 'off', ...env, ...options.env },
      logDir: join(logDir, new URL(database.url).pathname),
      profileDir,
    });
    closers.push(() => service.stop());
    await bench.receiver.call('setEndpoints', await subscribe(bench, service, options.endpoints));
    return await play({ bench, database, service });
  } finally {
    await closeAll(closers, before);
  }
}

/** Undoes what came after the first ones. */
export async function closeAll(closers: Closer[], first = 0): Promise<void> {
  for (const closer of closers.splice(first).reverse()) await closer();
}

async function subscribe(
  bench: Bench,
  service: Service,
  endpoints: readonly NewEndpoint[],
): Promise<Endpoint[]> {
  const created: Endpoint[] = [];
  for (let first = 0; first < endpoints.length; first += CREATE_AT_ONCE) {
    const some = endpoints.slice(first, first + CREATE_AT_ONCE);
    created.push(
      ...(await Promise.all(
        some.map(
          async (endpoint, index): Promise<Endpoint> => ({
            secret: await createSubscription(service, {
              targetUrl: `http://127.0.0.1:${bench.receiverPort}/${first + index}`,
              eventType: endpoint.eventType,
            }),
            group: endpoint.group ?? MAIN_GROUP,
            behaviour: endpoint.behaviour ?? 'ok',
          }),
        ),
      )),
    );
  }
  return created;
}
