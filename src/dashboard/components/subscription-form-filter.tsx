import { useState } from 'react';

import { api, ask } from '../api/client.ts';
import { testFilter } from '../data/test-filter.ts';
import type { FilterOutcome } from '../data/test-filter.ts';
import { useAction } from '../data/use-action.ts';
import { useResource } from '../data/use-resource.ts';
import { formatDateTime } from '../format.ts';
import { jsonOrString } from '../json-text.ts';
import { filterFault } from '../subscription-draft.ts';
import { errorsAt } from './field.tsx';
import { FilterExplanation } from './filter-explanation.tsx';
import { ErrorNotice, Notice } from './notice.tsx';
import type { PartProps } from './subscription-form-delivery.tsx';
import { TextArea } from './text-field.tsx';

const EXAMPLE = '{ "payload": { "order.total": { "$gte": 100 } } }';

/** Which events to deliver by what they hold, and a look at what that would do. */
export function FilterFields({ draft, set, errors }: PartProps) {
  const [eventId, setEventId] = useState('');
  const [result, setResult] = useState<FilterOutcome>();
  const tenant = draft.tenant.trim();
  const isWritten = draft.filter.trim() !== '';
  const events = useResource(isWritten ? `recent events of ${tenant}` : null, (signal) =>
    ask(
      api.GET('/events', {
        params: { query: { limit: 20, ...(tenant !== '' && { tenant }) } },
        signal,
      }),
    ),
  );
  const chosen = eventId === '' ? events.data?.data[0]?.id : eventId;
  const attempt = useAction(async () => {
    setResult(undefined);
    setResult(await testFilter({ event_id: chosen }, { filter: jsonOrString(draft.filter) }));
  });
  const change = (filter: string) => {
    attempt.clearError();
    setResult(undefined);
    set({ filter });
  };
  const fault = filterFault(draft.filter);
  const refused =
    attempt.error === undefined ? errors('/filter') : errorsAt(attempt.error, '/filter');
  return (
    <fieldset className="group">
      <legend>Filter</legend>
      <TextArea
        label="Filter by content"
        errors={fault === undefined ? refused : [fault]}
        hint={
          <>
            JSON: conditions on <code>payload</code>, <code>type</code> and <code>headers</code>,
            with{' '}
            <code>
              $eq $ne $gt $gte $lt $lte $in $nin $exists $startsWith $endsWith $or $and $not
            </code>
            . Empty lets every event through.
          </>
        }
        isCode
        isOptional
        rows={5}
        placeholder={EXAMPLE}
        value={draft.filter}
        onChange={change}
      />
      {isWritten && (events.data?.data.length ?? 0) > 0 && (
        <div className="actions">
          <select
            aria-label="A recent event"
            value={chosen}
            onChange={(event) => {
              setEventId(event.target.value);
              setResult(undefined);
            }}
          >
            {events.data?.data.map(({ id, event_type, received_at }) => (
              <option key={id} value={id}>
                {event_type}, {formatDateTime(received_at)}
              </option>
            ))}
          </select>
          <button
            type="button"
            className="button"
            disabled={attempt.isRunning || fault !== undefined}
            onClick={() => void attempt.run()}
          >
            Try it on this event
          </button>
        </div>
      )}
      {attempt.error !== undefined && attempt.error.items.length === 0 && (
        <ErrorNotice error={attempt.error} />
      )}
      {result !== undefined && (
        <Notice
          tone={result.matches ? 'good' : 'warn'}
          title={result.matches ? 'It would be delivered' : 'It would not be delivered'}
        >
          <FilterExplanation outcome={result} />
        </Notice>
      )}
    </fieldset>
  );
}
