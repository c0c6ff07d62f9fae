import type { Pool, PoolClient } from 'pg';
import { tryAccept } from '../accept/accept.service.ts';
import { withinMs } from '../base/within.ts';
import { withPartitions } from '../database/partitions.ts';

/** The reason why this process cannot work; the code is for programs. Contains no internals. */
export type Hindrance = {
  readonly code:
    | 'database_unreachable'
    | 'too_many_connections'
    | 'connections_busy'
    | 'read_only'
    | 'standby'
    | 'disk_full'
    | 'publish_fails'
    | 'worker_cannot_start';
  readonly detail: string;
};

export type PublishProbe = {
  /** The reason why an event could not be stored now. Never rejects. */
  look(timeoutMs: number): Promise<Hindrance | undefined>;
  /** Hears how each batch of events ended. */
  note(error: unknown): void;
};

const DETAILS: Readonly<Record<Hindrance['code'], string>> = {
  database_unreachable: 'The database does not answer.',
  too_many_connections:
    'The database server gives out no more connections; raise max_connections or use fewer.',
  connections_busy: 'Every connection for storing events has been busy for too long.',
  read_only: 'The database takes no writes (transaction_read_only).',
  standby: 'The database is a standby; connect to the primary.',
  disk_full: 'The disk of the database is full.',
  publish_fails: 'Storing events fails; the log says why.',
  worker_cannot_start: 'The worker of this process cannot start; the log says why.',
};

const CODES: Readonly<Record<string, Hindrance['code']>> = {
  '25006': 'read_only',
  '53100': 'disk_full',
  '53300': 'too_many_connections',
};
const CONNECTION_FAULT = /^(08|57P|E[A-Z]+$)/;

export function hindrance(code: Hindrance['code']): Hindrance {
  return { code, detail: DETAILS[code] };
}

/**
 * Asks as publishing asks, over the same connections: whether they are to be had and may write.
 * Once a batch has failed, storing is tried out, and taken back, until it works again: a full disk
 * shows in nothing else.
 */
export function createPublishProbe({
  pool,
  now,
}: {
  pool: Pool /** Unix time in milliseconds. */;
  now(): number;
}): PublishProbe {
  let hasFailed = false;

  async function ask(client: PoolClient): Promise<Hindrance | undefined> {
    const {
      rows: [state],
    } = await client.query<{ standby: boolean; readOnly: boolean }>(
      `select pg_is_in_recovery() as standby, current_setting('transaction_read_only') = 'on' as "readOnly"`,
    );
    if (state?.standby === true) return hindrance('standby');
    if (state?.readOnly === true) return hindrance('read_only');
    if (hasFailed) await withPartitions(pool, () => tryAccept(client, now));
    hasFailed = false;
    return undefined;
  }

  /** With a connection, which goes back whenever it comes and is thrown away when it may be in use. */
  async function withClient(timeoutMs: number): Promise<Hindrance | undefined> {
    const connecting = pool.connect();
    const client = await withinMs(connecting, timeoutMs);
    if (client === undefined) {
      // One that the server has yet to grant does not wait in the pool.
      connecting.then(
        (late) => late.release(),
        () => undefined,
      );
      return hindrance(pool.waitingCount > 0 ? 'connections_busy' : 'database_unreachable');
    }
    let isDone = false;
    try {
      const asked = await withinMs(
        ask(client).then((found) => ({ found })),
        timeoutMs,
      );
      isDone = asked !== undefined;
      return asked === undefined ? hindrance('database_unreachable') : asked.found;
    } finally {
      client.release(!isDone);
    }
  }

  return {
    look: (timeoutMs) => withClient(timeoutMs).catch((error: unknown) => hindranceOf(error)),
    note(error) {
      hasFailed = error !== undefined;
    },
  };
}

function hindranceOf(error: unknown): Hindrance {
  const { code } = error as { code?: unknown };
  if (typeof code !== 'string') return hindrance('database_unreachable');
  return hindrance(
    CODES[code] ?? (CONNECTION_FAULT.test(code) ? 'database_unreachable' : 'publish_fails'),
  );
}
