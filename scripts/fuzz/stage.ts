import { randomBytes } from 'node:crypto';
import { startService } from '../demo/service.ts';
import { startTemporaryPostgres } from '../temporary-postgres.ts';
import { startReceiver, type Receiver } from './receiver.ts';

/** A service as operators run it, on a database of its own, with a key and a receiver to call. */
export type Stage = {
  readonly origin: string;
  /** May do everything. */
  readonly key: string;
  readonly receiver: Receiver;
  readonly stop: () => Promise<void>;
};

/** @throws Error when the service does not start; what had started by then is stopped. */
export async function startStage(): Promise<Stage> {
  const endings: (() => Promise<void>)[] = [];
  async function stop(): Promise<void> {
    for (const end of endings.toReversed()) await end();
  }
  try {
    const receiver = await startReceiver();
    endings.push(receiver.close);
    const postgres = await startTemporaryPostgres();
    endings.push(postgres.stop);
    const key = `fuzz_${randomBytes(16).toString('hex')}`;
    const service = await startService({
      DATABASE_URL: postgres.url,
      API_KEYS: key,
      TEST_RECEIVER: 'on',
      ALLOW_PRIVATE_TARGETS: '127.0.0.0/8',
      // What cannot be delivered shall not keep the workers busy.
      RETRY_SCHEDULE: 'none',
      DELIVERY_TIMEOUT_MS: '5000',
    });
    endings.push(service.stop);
    return { origin: service.origin, key, receiver, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
