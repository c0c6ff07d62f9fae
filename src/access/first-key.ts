import type { Kysely } from 'kysely';
import { isLoopbackHost } from '../config/config-values.ts';
import type { Config } from '../config/config.ts';
import type { DB } from '../database/tables.ts';
import { LOOPBACK_NETWORKS, LOOPBACK_UNTIL_FIRST_KEY } from '../sender/target-guard.ts';
import { hasKeys } from './api-keys.repository.ts';
import { createApiKeyService } from './api-keys.service.ts';

/**
 * Makes the first key where other machines can reach the API and could do nothing; once, whichever
 * process is first. To be called when the key will be shown: nothing shows it later.
 */
export async function createFirstKey({
  config,
  db,
}: {
  config: Config;
  db: Kysely<DB>;
}): Promise<string | undefined> {
  if (config.apiKeys.length > 0 || isLoopbackHost(config.host)) return undefined;
  return createApiKeyService({ db }).createFirst();
}

/** Whether there is, or ever was, a key in the database. */
export const isKeyThere = (db: Kysely<DB>): Promise<boolean> => hasKeys(db);

/** How an operator opens this machine to deliveries, whatever keys there are. */
export const OPEN_LOOPBACK = `ALLOW_PRIVATE_TARGETS=${LOOPBACK_NETWORKS.join(',')}`;

/** The consequences of the first key, in sentences for its creator. */
export function noticesOfFirstKey({
  apiKeys,
  allowPrivateTargets,
}: Pick<Config, 'apiKeys' | 'allowPrivateTargets'>): readonly string[] {
  if (apiKeys.length > 0) return [];
  const notices = ['This is the first API key: from now on every request needs one.'];
  if (allowPrivateTargets !== LOOPBACK_UNTIL_FIRST_KEY) return notices;
  return [
    ...notices,
    'Deliveries to this machine (localhost, 127.0.0.1, ::1) are held from now on, with the reason ' +
      `loopback_closed. To deliver them, set ${OPEN_LOOPBACK} for every process and restart it.`,
  ];
}
