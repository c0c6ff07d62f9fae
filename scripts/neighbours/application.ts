/**
 * An application with a queue of Graphile Worker's own, in the schema that it takes by default and
 * with tasks of the same names as ours. Started by application-process.ts with the module of the
 * release that it uses; writes down each run of each job in its schema `application`.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { TASKS, type ApplicationJob } from './tasks.ts';

type Helpers = { query(sql: string, values: readonly unknown[]): Promise<unknown> };
type Runner = { stop(): Promise<void>; readonly promise: Promise<void> };
/** What the releases from 0.13 on have in common. */
type GraphileWorker = {
  run(options: {
    connectionString: string;
    concurrency: number;
    pollInterval: number;
    noHandleSignals: boolean;
    taskList: Record<string, (payload: unknown, helpers: Helpers) => Promise<void>>;
  }): Promise<Runner>;
};

async function work(task: string, payload: unknown, helpers: Helpers): Promise<void> {
  const { key, ms = 0 } = payload as Partial<ApplicationJob>;
  await helpers.query('insert into application.runs (key, task, payload) values ($1, $2, $3)', [
    key ?? null,
    task,
    JSON.stringify(payload),
  ]);
  await delay(ms);
  await helpers.query(
    'update application.runs set finished_at = clock_timestamp() where key = $1',
    [key ?? null],
  );
}

const [module = '', connectionString = ''] = process.argv.slice(2);
const imported = (await import(module)) as GraphileWorker & { default?: GraphileWorker };
const runner = await (imported.default ?? imported).run({
  connectionString,
  concurrency: 8,
  pollInterval: 500,
  noHandleSignals: true,
  taskList: Object.fromEntries(
    TASKS.map((task) => [task, (payload, helpers) => work(task, payload, helpers)]),
  ),
});

let isStopAsked = false;
process.once('SIGTERM', () => {
  isStopAsked = true;
  void runner.stop();
});
process.stdout.write('application: ready\n');
await runner.promise;
// A queue that ends for another reason than being asked to is what this is about.
process.exit(isStopAsked ? 0 : 3);
