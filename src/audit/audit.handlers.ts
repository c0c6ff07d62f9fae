import { tenantFor } from '../access/tenant.ts';
import { decodeIdCursor, page } from '../paging/pagination.ts';
import { parseTimestamp } from '../paging/timestamp.ts';
import type { Handlers } from '../http/contract.ts';
import type { AuditService } from './audit.service.ts';

export function auditHandlers(deps: { audit: AuditService }): Pick<Handlers, 'listAuditEntries'> {
  return {
    async listAuditEntries({ query, principal }) {
      const { limit, cursor, actor, operation, target_id: targetId } = query;
      const { created_after: after, created_before: before } = query;
      const rows = await deps.audit.list(
        {
          tenant: tenantFor(principal, query.tenant, '/query/tenant'),
          actor,
          operation,
          targetId,
          after: after === undefined ? undefined : parseTimestamp(after, 'created_after'),
          before: before === undefined ? undefined : parseTimestamp(before, 'created_before'),
        },
        { limit: limit + 1, beforeId: decodeIdCursor(cursor) },
      );
      const { data, next_cursor } = page(rows, limit, ({ id }) => [id]);
      return {
        status: 200,
        body: {
          data: data.map((entry) => ({ ...entry, created_at: entry.created_at.toISOString() })),
          next_cursor,
        },
      };
    },
  };
}
