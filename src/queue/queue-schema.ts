/**
 * Where our jobs are. Not Graphile Worker's default: an application in the same database may have
 * a queue of its own, of any version and with tasks of the same names, and neither may run,
 * migrate or unlock what is the other's. sql/migrations and deploy/ spell the name out.
 */
export const QUEUE_SCHEMA = 'posthorn_queue';

/** What everything that has to do with Graphile Worker is started with. */
export const QUEUE_PRESET: GraphileConfig.Preset = { worker: { schema: QUEUE_SCHEMA } };
