import type { Attempt, Delivery } from '../api/types.ts';
import { ERROR_KIND, reasonOf } from '../explain.ts';
import { formatClock, formatDateTime, formatDurationMs, formatSpanMs } from '../format.ts';
import { AttemptBadge, DeliveryBadge } from './badge.tsx';
import { HeaderList, JsonBlock } from './code-block.tsx';
import { RelativeTime } from './time.tsx';

/** A delivery's way from being accepted, over its attempts, to where it is now. */
export function Timeline({
  delivery,
  attempts,
}: {
  delivery: Delivery;
  attempts: readonly Attempt[];
}) {
  return (
    <ol className="timeline">
      <li className="stop stop-start">
        <div className="stop-line">
          <strong>Accepted</strong>
          <Clock at={delivery.created_at} />
        </div>
      </li>
      {attempts.map((attempt, index) => (
        <AttemptStop
          key={attempt.attempt_number}
          attempt={attempt}
          waitedSince={attempts[index - 1]?.started_at ?? delivery.created_at}
          eventId={delivery.event_id}
          eventType={delivery.event_type}
          isOpen={index === attempts.length - 1 && attempt.outcome !== 'success'}
        />
      ))}
      <LastStop delivery={delivery} />
    </ol>
  );
}

function LastStop({ delivery }: { delivery: Delivery }) {
  if (delivery.status === 'pending' || delivery.status === 'delivering') {
    return (
      <li className="stop stop-next">
        <div className="stop-line">
          <strong>{delivery.status === 'delivering' ? 'Attempt under way' : 'Next attempt'}</strong>
          {delivery.next_attempt_at !== null && (
            <span>
              <RelativeTime at={delivery.next_attempt_at} />{' '}
              <span className="faint">at {formatClock(delivery.next_attempt_at).slice(0, 8)}</span>
            </span>
          )}
          {delivery.next_attempt_at === null && delivery.status === 'pending' && (
            <span className="soft">{reasonOf(delivery)}</span>
          )}
        </div>
      </li>
    );
  }
  return (
    <li className={`stop stop-end stop-${delivery.status}`}>
      <div className="stop-line">
        <DeliveryBadge delivery={delivery} />
        <span className="soft">{reasonOf(delivery)}</span>
        {delivery.completed_at !== null && <Clock at={delivery.completed_at} />}
      </div>
    </li>
  );
}

interface AttemptStopProps {
  attempt: Attempt;
  waitedSince: string;
  eventId: string;
  eventType: string;
  isOpen: boolean;
}

function AttemptStop({ attempt, waitedSince, eventId, eventType, isOpen }: AttemptStopProps) {
  const waitedMs = Date.parse(attempt.started_at) - Date.parse(waitedSince);
  return (
    <li className={`stop stop-${attempt.outcome}`}>
      <details open={isOpen}>
        <summary className="stop-line">
          <strong>Attempt {attempt.attempt_number}</strong>
          <AttemptBadge attempt={attempt} />
          <span>{formatDurationMs(attempt.duration_ms)}</span>
          <Clock at={attempt.started_at} />
          {waitedMs >= 1_000 && <span className="faint">after {formatSpanMs(waitedMs)}</span>}
        </summary>
        <AttemptDetails attempt={attempt} eventId={eventId} eventType={eventType} />
      </details>
    </li>
  );
}

/** One exchange: what was asked of whom, what came back, and what went wrong. */
export function AttemptDetails({
  attempt,
  eventId,
  eventType,
}: {
  attempt: Attempt;
  /** Unknown for a test. */
  eventId?: string;
  eventType: string;
}) {
  const { error, response_headers, response_body } = attempt;
  return (
    <div className="attempt">
      {error !== null && (
        <p className="attempt-error">
          <strong>{ERROR_KIND[error.kind] ?? error.kind}.</strong> {error.message}
        </p>
      )}
      <p className="attempt-target">
        <span className="faint">POST</span> <code>{attempt.target_url}</code>
      </p>
      <details className="sub">
        <summary>Request headers</summary>
        <HeaderList
          headers={{
            'content-type': 'application/json',
            ...(eventId !== undefined && { 'webhook-id': eventId }),
            'webhook-timestamp': String(Math.floor(Date.parse(attempt.started_at) / 1_000)),
            'x-event-type': eventType,
            'x-delivery-id': attempt.delivery_id,
            'x-attempt': String(attempt.attempt_number),
          }}
        />
        <p className="hint">
          And the signature, which is made for each attempt and not kept, and the headers that the
          subscription and the event add.
        </p>
      </details>
      {response_headers !== null && (
        <details className="sub">
          <summary>Response headers</summary>
          <HeaderList headers={response_headers} />
        </details>
      )}
      {response_body !== null && response_body !== '' && (
        <JsonBlock text={response_body} label="Response body" />
      )}
      {response_body === '' && <p className="faint">The response had no body.</p>}
    </div>
  );
}

function Clock({ at }: { at: string }) {
  return (
    <time className="faint mono" dateTime={at} title={`${formatDateTime(at)} (${at})`}>
      {formatClock(at)}
    </time>
  );
}
