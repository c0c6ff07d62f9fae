import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import pg, { type Pool } from 'pg';
import type { Logger } from '../base/logger.ts';
import { beat, countWorkers, reapWorkers, registerWorker } from './workers.repository.ts';

export type Liveness = {
  /** How many workers share the work, as of the last beat. */
  readonly workerCount: number;
  stop(): Promise<void>;
};

export type LivenessOptions = {
  databaseUrl: string;
  /** For reaping: a session that holds no worker's lock. */
  pool: Pool;
  poolId: string;
  version: string;
  keyIds: readonly string[];
  logger: Logger;
  /** Called once, when this worker can no longer show that it lives. */
  onLost(reason: string): void;
  /** Absent: nothing is asked. */
  questions?: Questions;
};

/**
 * What is heard and answered on the session that shows that the worker lives, so that one that no
 * longer hears is soon off the register.
 */
export type Questions = {
  readonly channel: string;
  readonly answerChannel: string;
  /** Undefined: no answer. Must not throw. */
  answer(payload: string): string | undefined;
};

const BEAT_EVERY_MS = 1_000;
/**
 * A worker silent for this long is taken over, so that frozen deliveries move again within five
 * seconds. Being wrong about it costs duplicates of what is in flight, never a loss: a worker that was
 * declared dead records nothing.
 */
const BEAT_LIMIT_MS = 3_500;
/** A worker that has been silent for this long has been taken over, and starts over instead of continuing. */
const SILENCE_LIMIT_MS = 2 * BEAT_LIMIT_MS;

/**
 * Shows that this worker lives, and takes over from those that do not. A dead process is known by
 * its free advisory lock, a frozen one by its beat.
 */
export async function startLiveness(options: LivenessOptions): Promise<Liveness> {
  const { poolId, logger, pool } = options;
  const session = new pg.Client({
    connectionString: options.databaseUrl,
    application_name: 'posthorn liveness',
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
  });
  let workerCount = 1;
  let isStopped = false;
  let isRegistered = false;
  const timer = setInterval(tick, BEAT_EVERY_MS);

  function lose(reason: string): void {
    if (isStopped) return;
    isStopped = true;
    clearInterval(timer);
    options.onLost(reason);
  }

  session.on('error', (error) => lose(`its database session ended: ${error.message}`));
  session.on('end', () => lose('its database session ended'));
  try {
    await session.connect();
    // Before anyone can know of this worker and ask it.
    if (options.questions !== undefined) await listen(session, options.questions, logger);
    await registerWorker(session, {
      poolId,
      lockKey: randomBytes(4).readInt32BE(),
      host: hostname(),
      processId: process.pid,
      version: options.version,
      keyIds: options.keyIds,
    });
  } catch (error) {
    isStopped = true;
    clearInterval(timer);
    await session.end().catch(() => undefined);
    throw error;
  }

  let beatAtMs = performance.now();

  async function show(): Promise<void> {
    if (!(await beat(session, poolId))) return lose('it was declared dead');
    beatAtMs = performance.now();
  }

  async function takeOver(): Promise<void> {
    await takeOverFromDead(pool, logger);
    workerCount = await countWorkers(pool);
  }

  const beatOnce = oneAtATime(show, (err) => logger.warn({ err }, 'a heartbeat failed'));
  // Apart, so that waiting for a connection of the pool delays no beat.
  const takeOverOnce = oneAtATime(takeOver, (err) =>
    logger.warn({ err }, 'could not look for dead workers'),
  );

  function tick(): void {
    if (isStopped || !isRegistered) return;
    // A connection that a firewall forgot fails nothing, and a frozen process may wake at any time.
    if (performance.now() - beatAtMs > SILENCE_LIMIT_MS)
      return lose('its last beat is too long ago');
    beatOnce();
    takeOverOnce();
  }

  isRegistered = true;
  return {
    get workerCount() {
      return workerCount;
    },
    async stop() {
      isStopped = true;
      clearInterval(timer);
      await session.end().catch(() => undefined);
    },
  };
}

async function listen(session: pg.Client, questions: Questions, logger: Logger): Promise<void> {
  session.on('notification', ({ payload }) => {
    const answer = questions.answer(payload ?? '');
    if (answer === undefined) return;
    session
      .query('select pg_notify($1, $2)', [questions.answerChannel, answer])
      .catch((err: unknown) => logger.warn({ err }, 'could not answer another worker'));
  });
  await session.query(`listen "${questions.channel}"`);
}

/** Hands back what dead workers hold. Not for a session that holds a worker's lock. */
export async function takeOverFromDead(pool: Pool, logger: Logger): Promise<void> {
  for (const id of await reapWorkers(pool, BEAT_LIMIT_MS)) {
    logger.warn({ worker_id: id }, 'took over from a dead worker');
  }
}

/** Starts the work unless it is still under way. */
function oneAtATime(work: () => Promise<void>, onError: (error: unknown) => void): () => void {
  let isUnderWay = false;
  return () => {
    if (isUnderWay) return;
    isUnderWay = true;
    work()
      .catch(onError)
      .finally(() => {
        isUnderWay = false;
      });
  };
}
