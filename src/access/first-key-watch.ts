import type { Kysely } from 'kysely';
import type { DB } from '../database/tables.ts';
import type { Logger } from '../base/logger.ts';
import { listenForChanges, type ChangeListener } from '../database/change-listener.ts';
import { hasKeys } from './api-keys.repository.ts';

/** Knows, in every process, whether there is or ever was an API key: once there is one, for good. */
export type FirstKeyWatch = {
  readonly isThere: boolean;
  /** Called when a key has been created or seen. */
  found(): void;
  /** Calls back at the moment the first key is known of; not when it was at the start. */
  onFound(listener: () => void): void;
  close(): Promise<void>;
};

export type FirstKeyWatchOptions = {
  db: Kysely<DB>;
  databaseUrl: string;
  logger: Logger;
  /** There are keys in the environment, so nothing has to be watched. */
  hasEnvironmentKeys: boolean;
};

const CHANNEL = 'posthorn:api_key';
/** How often to look while notifications may be lost. */
const LOOK_EVERY_MS = 2_000;

/** Resolves once it knows. @throws the database's error */
export async function watchFirstKey(options: FirstKeyWatchOptions): Promise<FirstKeyWatch> {
  const { db, databaseUrl, logger } = options;
  const listeners: (() => void)[] = [];
  let isThere = options.hasEnvironmentKeys || (await hasKeys(db));
  let listener: ChangeListener | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed: Promise<void> | undefined;

  function found(): void {
    if (isThere) return;
    isThere = true;
    logger.info('there is an API key now, so every request needs one');
    for (const listen of listeners) listen();
    void stop();
  }

  function look(): void {
    hasKeys(db).then(
      (isFound) => isFound && found(),
      (err: unknown) => {
        logger.debug({ err }, 'could not look for the first API key');
      },
    );
  }

  function stop(): Promise<void> {
    clearInterval(timer);
    closed ??= listener?.close() ?? Promise.resolve();
    return closed;
  }

  if (!isThere) {
    listener = listenForChanges({
      databaseUrl,
      logger,
      channel: CHANNEL,
      warning: 'not listening for the first API key until it works',
      onChange: found,
      onGap: look,
    });
    timer = setInterval(look, LOOK_EVERY_MS);
    timer.unref();
  }

  return {
    get isThere() {
      return isThere;
    },
    found,
    onFound(listen) {
      listeners.push(listen);
    },
    close: stop,
  };
}
