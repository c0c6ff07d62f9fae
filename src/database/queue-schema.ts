import type { WorkerEvents } from 'graphile-worker';
import type { PoolClient } from 'pg';

/**
 * Where our jobs are. Not Graphile Worker's default: an application in the same database may have
 * a queue of its own, of any version and with tasks of the same names, and neither may run,
 * migrate or unlock what is the other's. sql/migrations and deploy/ spell the name out.
 */
export const QUEUE_SCHEMA = 'posthorn_queue';

/*
 * Two channels of Graphile Worker belong to the database and not to a schema:
 *
 *   jobs:insert      wakes every worker of the database, which then looks for jobs in its own
 *                    schema and finds none. It costs a query and does no harm, either way.
 *   worker:migrate   stops every worker from 0.16 on whenever any schema of the database is brought
 *                    up to a breaking revision, and a first migration passes several. So we neither
 *                    send it nor heed it.
 *
 * Workers of ours that run while a later release raises Graphile Worker over a breaking revision
 * are therefore not stopped by it.
 */
const MIGRATION_CHANNEL = 'worker:migrate';

/** Options for everything that starts Graphile Worker. */
export const QUEUE_PRESET: GraphileConfig.Preset = {
  plugins: [
    {
      name: 'PosthornQuietMigrationPlugin',
      version: '1.0.0',
      worker: {
        middleware: {
          migrate(next, event) {
            event.client = withoutMigrationNotices(event.client);
            return next();
          },
        },
      },
    },
  ],
  worker: { schema: QUEUE_SCHEMA },
};

/** The same connection, on which the notice of a migration is not sent. */
function withoutMigrationNotices(client: PoolClient): PoolClient {
  const query = (...args: Parameters<PoolClient['query']>): unknown => {
    const values: unknown = args[1];
    const isNotice = Array.isArray(values) && values[0] === MIGRATION_CHANNEL;
    return isNotice ? Promise.resolve({ rows: [], rowCount: 0 }) : client.query(...args);
  };
  return Object.create(client, { query: { value: query } });
}

/** Takes the meaning from notices of migrations, which are of other schemas than ours. */
export function ignoreForeignMigrations(events: WorkerEvents): void {
  events.on('pool:listen:notification', ({ message }) => {
    if (message.channel === MIGRATION_CHANNEL) message.payload = '';
  });
}
