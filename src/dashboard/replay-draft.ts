import type { ReplayCreate } from './api/types.ts';

export type EndedStatus = NonNullable<ReplayCreate['statuses']>[number];

/** What the replay form holds: text as typed, judged by the server alone. */
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
    ...(draft.rateLimit.trim() !== '' && { rate_limit: toNumber(draft.rateLimit) }),
  };
}

function toInstant(local: string): string {
  const date = new Date(local);
  return Number.isNaN(date.getTime()) ? local : date.toISOString();
}

/** What is no number goes to the server as typed, to be refused at its field. */
function toNumber(text: string): number {
  const number = Number(text);
  return Number.isNaN(number) ? (text as unknown as number) : number;
}
