import type { Pool } from 'pg';
import type { Logger } from '../base/logger.ts';
import { setLaneStates } from './lane-states.repository.ts';
import type { Lanes } from './lanes.ts';

const PUBLISH_EVERY_MS = 1_000;
/** The most that one worker writes a second; beyond that lanes in trouble come first. */
const MAX_STATES = 500;

/** Writes the state of this worker's lanes once a second, for the API to show. Answers its end. */
export function publishLaneStates({
  pool,
  poolId,
  lanes,
  logger,
}: {
  pool: Pool;
  poolId: string;
  lanes: Lanes;
  logger: Logger;
}): () => void {
  let isWriting = false;
  const timer = setInterval(() => {
    if (isWriting) return;
    const states = lanes.takeStates(MAX_STATES);
    if (states.length === 0) return;
    isWriting = true;
    setLaneStates(pool, poolId, states)
      .catch((err: unknown) => logger.debug({ err }, "could not write the lanes' states"))
      .finally(() => {
        isWriting = false;
      });
  }, PUBLISH_EVERY_MS);
  return () => clearInterval(timer);
}
