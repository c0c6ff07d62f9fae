import type { ReplayCreate } from './api/types.ts';
import { numberText } from './json-text.ts';

export type EndedStatus = NonNullable<ReplayCreate['statuses']>[number];

/** The content of the replay form: text as typed, validated by the server alone. */
export interface ReplayDraft {
  source: NonNullable<ReplayCreate['source']>;
  /** Local time, as `datetime-local` has it. */
  from: string;
  until: string;
  statuses: readonly EndedStatus[];
  eventTypes: string;
  targetId: string;
  rateLimit: string;
}

export const EMPTY_REPLAY: ReplayDraft = {
  source: 'deliveries',
  from: '',
  until: '',
  statuses: ['failed', 'discarded'],
  eventTypes: '',
  targetId: '',
  rateLimit: '',
};

/** The pace goes as a text beside it: {@link paceOf}. */
export function replayOf(draft: ReplayDraft): ReplayCreate {
  const eventTypes = draft.eventTypes.split(/[\s,]+/).filter(Boolean);
  return {
    source: draft.source,
    ...(draft.source === 'deliveries' && { statuses: [...draft.statuses] }),
    ...(draft.from !== '' && { created_after: toInstant(draft.from) }),
    ...(draft.until !== '' && { created_before: toInstant(draft.until) }),
    ...(eventTypes.length > 0 && { event_types: eventTypes }),
    ...(draft.source === 'deliveries' &&
      draft.targetId.trim() !== '' && {
        target_subscription_id: draft.targetId.trim(),
      }),
  };
}

function toInstant(local: string): string {
  const date = new Date(local);
  return Number.isNaN(date.getTime()) ? local : date.toISOString();
}

export function paceOf({ rateLimit }: ReplayDraft): Record<string, string> {
  return rateLimit.trim() === '' ? {} : { rate_limit: numberText(rateLimit) };
}
