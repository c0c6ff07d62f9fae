import type { ClientBase, Pool } from 'pg';

export type WorkerIdentity = {
  /** The pool's id, as Graphile Worker writes it into `locked_by`. */
  readonly poolId: string;
  /** Of 32 bits. */
  readonly lockKey: number;
  readonly host: string;
  readonly processId: number;
  readonly version: string;
  /** The encryption keys it has. */
  readonly keyIds: readonly string[];
};

/**
 * Takes the worker's lock for as long as this session lives, and enters it in the register.
 *
 * @throws when another worker lives under the same lock key; draw another one.
 */
export async function registerWorker(session: ClientBase, worker: WorkerIdentity): Promise<void> {
  const {
    rows: [lock],
  } = await session.query<{ is_ours: boolean }>(
    `select pg_try_advisory_lock(hashtext('posthorn.worker'), $1) as is_ours`,
    [worker.lockKey],
  );
  if (lock?.is_ours !== true) throw new Error(`the lock key ${worker.lockKey} is another worker's`);
  await session.query('select posthorn.enter_register($1, $2, $3, $4, $5, $6)', [
    worker.poolId,
    worker.lockKey,
    worker.host,
    worker.processId,
    worker.version,
    worker.keyIds,
  ]);
}

/** Shows that the worker lives. Answers false when it has been declared dead. */
export async function beat(session: ClientBase, poolId: string): Promise<boolean> {
  const { rowCount } = await session.query(
    'update posthorn.workers set beat_at = clock_timestamp() where pool_id = $1',
    [poolId],
  );
  return rowCount === 1;
}

/** Takes over from dead workers and answers their ids. Not for a session that holds a lock. */
export async function reapWorkers(pool: Pool, beatLimitMs: number): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(
    `select id from posthorn.reap_workers($1 * interval '1 millisecond') as id`,
    [beatLimitMs],
  );
  return rows.map((row) => row.id);
}

/** Hands back what a worker still holds, and takes it off the register. */
export async function retireWorker(pool: Pool, poolId: string): Promise<void> {
  await pool.query('select posthorn.retire_workers(array[$1])', [poolId]);
}

/** Workers that share the work now. */
export async function countWorkers(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    'select count(*)::integer as count from posthorn.workers',
  );
  return rows[0]?.count ?? 0;
}

/** Unlocks jobs whose worker died before it was registered. Answers how many such workers. */
export async function unlockOrphanedJobs(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    'select posthorn.unlock_orphaned_jobs() as count',
  );
  return rows[0]?.count ?? 0;
}
