import { useMemo } from 'react';
import type { ReactNode } from 'react';

import { api, ask } from '../api/client.ts';
import type { Readiness } from '../api/types.ts';
import { ApiKeysPanel } from '../components/api-keys.tsx';
import { AuditLogPanel } from '../components/audit-log.tsx';
import { Badge } from '../components/badge.tsx';
import { Machinery } from '../components/machinery.tsx';
import { ErrorNotice, Loading } from '../components/notice.tsx';
import { Page, Panel } from '../components/page.tsx';
import { RelativeTime } from '../components/time.tsx';
import { useResource } from '../data/use-resource.ts';
import { formatCount, plural } from '../format.ts';
import { parseMetrics } from '../metrics.ts';

export function OperationsView() {
  const readiness = useReadiness();
  return (
    <Page title="Operations" subtitle="The state of the service, for the person on call.">
      <ErrorNotice error={readiness.error} onRetry={readiness.reload} />
      {readiness.isLoading && <Loading />}
      {readiness.data && <Checks readiness={readiness.data} />}
      <Machinery />
      <MetricsPanel />
      <ApiKeysPanel />
      <AuditLogPanel />
      <Panel title="For machines">
        <ul className="links">
          <li>
            <a href="/health">/health</a> answers while the process serves requests
          </li>
          <li>
            <a href="/ready">/ready</a> answers 200 while events can be stored
          </li>
          <li>
            <a href="/metrics">/metrics</a> in Prometheus’ format
          </li>
          <li>
            <a href="/docs">/docs</a> and <a href="/openapi.yaml">/openapi.yaml</a> describe the API
          </li>
        </ul>
      </Panel>
    </Page>
  );
}

/** `/ready` says as much with its 503 as with its 200. */
function useReadiness() {
  return useResource(
    'ready',
    async (signal): Promise<Readiness> => {
      const answer = await api.GET('/ready', { signal });
      const { error: said } = answer;
      // A proxy's own refusal may be no JSON.
      if (typeof said === 'object' && 'checks' in said) return said;
      return ask(Promise.resolve(answer));
    },
    { refreshMs: 5_000 },
  );
}

function Checks({ readiness }: { readiness: Readiness }) {
  const { database, redis, workers } = readiness.checks;
  return (
    <dl className="checks">
      <Check
        name="Service"
        isGood={readiness.status === 'ready'}
        said={readiness.status === 'ready' ? 'Ready' : 'Not ready'}
        note={
          readiness.status === 'ready'
            ? 'Events are accepted.'
            : 'Events are refused with 503 until the database answers.'
        }
      />
      <Check
        name="Database"
        isGood={database.status === 'ok'}
        said={database.status === 'ok' ? 'Answers' : 'Does not answer'}
        note={database.latency_ms === null ? '' : `in ${database.latency_ms} ms`}
      />
      <Check
        name="Redis"
        isGood={redis.status !== 'failed'}
        isUnused={redis.status === 'unconfigured'}
        said={{ ok: 'Answers', failed: 'Does not answer', unconfigured: 'Not used' }[redis.status]}
        note={
          redis.status === 'unconfigured'
            ? 'The cache is in this process.'
            : redis.latency_ms === null
              ? 'Slower, and otherwise as before.'
              : `in ${redis.latency_ms} ms`
        }
      />
      <Check
        name="Workers"
        isGood={workers.status === 'ok'}
        said={workers.status === 'unknown' ? 'Unknown' : `${workers.live} alive`}
        note={
          workers.last_seen_at === null ? (
            'None has been seen. Events are accepted and kept, and go out once one runs.'
          ) : (
            <>
              last seen <RelativeTime at={workers.last_seen_at} />
            </>
          )
        }
      />
    </dl>
  );
}

function Check({
  name,
  isGood,
  isUnused = false,
  said,
  note,
}: {
  name: string;
  isGood: boolean;
  isUnused?: boolean;
  said: string;
  note: ReactNode;
}) {
  return (
    <div className="check-card">
      <dt>{name}</dt>
      <dd>
        <Badge
          tone={isUnused ? 'none' : isGood ? 'good' : 'bad'}
          mark={isUnused ? '–' : isGood ? '✓' : '✕'}
        >
          {said}
        </Badge>
        <span className="faint">{note}</span>
      </dd>
    </div>
  );
}

/** The gauges and counters this process gives to Prometheus, to be read without Prometheus. */
function MetricsPanel() {
  const metrics = useResource(
    'metrics',
    async (signal) => String(await ask(api.GET('/metrics', { parseAs: 'text', signal }))),
    { refreshMs: 5_000 },
  );
  const rows = useMemo(() => parseMetrics(metrics.data ?? ''), [metrics.data]);
  if (rows.length === 0) return null;
  return (
    <Panel title={`Measurements (${plural(rows.length, 'series', 'series')})`}>
      <div className="metrics" tabIndex={0} role="region" aria-label="Measurements">
        <table>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Value</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ name, labels, value, help }) => (
              <tr key={name + labels} title={help}>
                <th scope="row">
                  <code>{name}</code> <span className="faint mono">{labels}</span>
                </th>
                <td>{formatCount(value)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}
