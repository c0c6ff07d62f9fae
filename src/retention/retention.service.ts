import type { Pool } from 'pg';
import { forgetPortalSessions } from '../access/portal-sessions.service.ts';
import { forgetAudit } from '../audit/audit.service.ts';
import { ensurePartitions } from '../database/partitions.ts';
import type { Logger } from '../logger.ts';
import { forgetReplays } from '../replays/replay-runner.service.ts';
import { forgetRollups } from '../stats/rollup-writer.ts';
import {
  deleteIdempotencyKeys,
  dropPeriod,
  expireParked,
  findDroppablePeriods,
  whileAloneDropping,
} from './retention.repository.ts';

export type MaintenanceReport = {
  readonly created: readonly string[];
  readonly dropped: readonly string[];
  readonly expired: number;
  readonly forgottenKeys: number;
};

export type MaintenanceOptions = {
  readonly pool: Pool;
  readonly retentionHours: number;
  /** Of the audit log and of ended replays; absent: both are left as they are. */
  readonly auditRetentionDays?: number;
  readonly logger: Logger;
};

const BATCH = 5_000;

/**
 * Makes the partitions that are needed next and drops those past retention. A partition goes only
 * when every delivery in it is terminal; what was held past retention ends as `expired` first, a
 * planned retry keeps its partition. Safe to run at any time, by several processes at once.
 */
export async function maintain(
  { pool, retentionHours, auditRetentionDays, logger }: MaintenanceOptions,
): Promise<MaintenanceReport> {
  const created = await ensurePartitions(pool);
  const expired = await repeat(() => expireParked(pool, retentionHours, BATCH));
  const forgottenKeys = await repeat(() => deleteIdempotencyKeys(pool, retentionHours, BATCH));
  if (auditRetentionDays !== undefined) {
    await forgetAudit(pool, auditRetentionDays);
    await forgetReplays(pool, auditRetentionDays);
  }
  await forgetPortalSessions(pool);
  const dropped = (await dropFinished(pool, retentionHours)) ?? [];
  await forgetRollups(pool, retentionHours);
  const report = { created, dropped, expired, forgottenKeys };
  logger.info(
    { created, dropped, expired, forgotten_keys: forgottenKeys },
    'maintenance',
  );
  return report;
}

function dropFinished(pool: Pool, retentionHours: number): Promise<string[] | undefined> {
  return whileAloneDropping(pool, async (client) => {
    const dropped: string[] = [];
    for (const period of await findDroppablePeriods(client, retentionHours)) {
      dropped.push(...(await dropPeriod(client, period)));
    }
    return dropped;
  });
}

async function repeat(step: () => Promise<number>): Promise<number> {
  let total = 0;
  for (;;) {
    const count = await step();
    total += count;
    if (count < BATCH) return total;
  }
}
