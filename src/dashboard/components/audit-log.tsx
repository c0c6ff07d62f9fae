import { api, ask } from '../api/client.ts';
import type { AuditEntry } from '../api/types.ts';
import { usePages } from '../data/use-pages.ts';
import { formatDateTime, shortId } from '../format.ts';
import { Badge } from './badge.tsx';
import { Panel } from './page.tsx';
import { RelativeTime } from './time.tsx';

/** The audit log. Nothing where this server keeps no log or this key may not read it. */
export function AuditLogPanel() {
  const pages = usePages(
    'audit',
    (cursor, signal) =>
      ask(
        api.GET('/audit', { params: { query: { limit: 25, ...(cursor && { cursor }) } }, signal }),
      ),
    (entry) => entry.id,
    { refreshMs: 10_000 },
  );
  if (pages.rows.length === 0) return null;
  return (
    <Panel title="Audit log">
      <div className="metrics" tabIndex={0} role="region" aria-label="Entries of the audit log">
        <table className="audit">
          <thead>
            <tr>
              <th scope="col">Operation</th>
              <th scope="col">Answer</th>
              <th scope="col">By</th>
              <th scope="col">From</th>
              <th scope="col">When</th>
            </tr>
          </thead>
          <tbody>
            {pages.rows.map((entry) => (
              <AuditRow key={entry.id} entry={entry} />
            ))}
          </tbody>
        </table>
        {pages.hasMore && (
          <button type="button" className="button small" onClick={pages.loadMore}>
            Show more
          </button>
        )}
      </div>
    </Panel>
  );
}

function AuditRow({ entry }: { entry: AuditEntry }) {
  const { operation, target_id, status, actor, address, created_at } = entry;
  return (
    <tr>
      <th scope="row">
        <code>{operation}</code>{' '}
        {target_id !== null && (
          <span className="faint mono" title={target_id}>
            {shortId(target_id)}
          </span>
        )}
      </th>
      <td>
        <Badge tone={status < 400 ? 'good' : 'bad'}>{status}</Badge>
      </td>
      <td className="mono" title={actor}>
        {actor.length > 20 ? shortId(actor) : actor}
      </td>
      <td className="mono">{address}</td>
      <td title={formatDateTime(created_at)}>
        <RelativeTime at={created_at} />
      </td>
    </tr>
  );
}
