import type { Pool } from 'pg';
import { findQueueState, findTenantBacklog, type QueueState } from './queue.repository.ts';

export type { TaskState } from './jobs.ts';
export type { QueueState } from './queue.repository.ts';

export type QueueStateService = {
  /** A state that is a few seconds old at the most. @throws the database's error */
  current(): Promise<QueueState>;
  /** The waiting deliveries of one tenant. */
  backlogOf(tenant: string): Promise<{ retriesWaiting: number; parked: number }>;
};

const FRESH_MS = 2_000;
/** A look that takes long is taken less often, so that looking never uses more than a twentieth. */
const REST_FACTOR = 20;

/** Looks at the queue when asked, once for all who ask, and not more often than is useful. */
export function createQueueStateService({ pool }: { pool: Pool }): QueueStateService {
  let known: QueueState | undefined;
  let freshUntilMs = 0;
  let underWay: Promise<QueueState> | undefined;

  async function look(): Promise<QueueState> {
    const startedAtMs = performance.now();
    known = await findQueueState(pool);
    const endedAtMs = performance.now();
    freshUntilMs = endedAtMs + Math.max(FRESH_MS, (endedAtMs - startedAtMs) * REST_FACTOR);
    return known;
  }

  return {
    async current() {
      if (known !== undefined && performance.now() < freshUntilMs) return known;
      underWay ??= look().finally(() => (underWay = undefined));
      return underWay;
    },
    backlogOf: (tenant) => findTenantBacklog(pool, tenant),
  };
}
