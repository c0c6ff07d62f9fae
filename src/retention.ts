import { deleteExpiredSessions } from './access/portal-sessions.repository.ts';
import { forgetAudit } from './audit/audit.service.ts';
import { deleteEndedReplays } from './replays/replays.repository.ts';
import type { MaintenanceOptions } from './retention/retention.service.ts';
import { forgetRollups } from './stats/rollup-writer.ts';

/** How long what is kept, by the settings: events and deliveries, and what goes with time besides. */
export function retentionOf({
  retentionHours,
  failedRetentionDays,
  auditRetentionDays,
}: {
  retentionHours: number;
  failedRetentionDays: number;
  auditRetentionDays: number;
}): Pick<MaintenanceOptions, 'retentionHours' | 'failedRetentionDays' | 'forgetters'> {
  return {
    retentionHours,
    failedRetentionDays,
    forgetters: [
      (pool) => forgetAudit(pool, auditRetentionDays),
      (pool) => deleteEndedReplays(pool, auditRetentionDays),
      (pool) => deleteExpiredSessions(pool),
      (pool) => forgetRollups(pool, retentionHours),
    ],
  };
}
