import type {
  SignatureScheme,
  Subscription,
  SubscriptionCreate,
  SubscriptionUpdate,
} from './api/types.ts';

/** What the form holds: text as typed, judged by the server alone. */
export interface SubscriptionDraft {
  tenant: string;
  name: string;
  description: string;
  targetUrl: string;
  eventTypes: string;
  /** JSON; empty for none. */
  filter: string;
  secret: string;
  isPaused: boolean;
  signatureSchemes: SignatureScheme[];
  ingestSignature: Subscription['ingest_signature'];
  headers: Pair[];
  metadata: Pair[];
  rateLimit: string;
  maxConcurrency: string;
  retrySchedule: string;
  timeoutMs: string;
}

export interface Pair {
  name: string;
  value: string;
}

export function emptyDraft(values: Partial<SubscriptionDraft> = {}): SubscriptionDraft {
  return {
    tenant: '',
    name: '',
    description: '',
    targetUrl: '',
    eventTypes: '',
    filter: '',
    secret: '',
    isPaused: false,
    signatureSchemes: ['standard-webhooks'],
    ingestSignature: 'optional',
    headers: [],
    metadata: [],
    rateLimit: '',
    maxConcurrency: '',
    retrySchedule: '',
    timeoutMs: '',
    ...values,
  };
}

export function draftOf(subscription: Subscription): SubscriptionDraft {
  return {
    tenant: subscription.tenant,
    name: subscription.name ?? '',
    description: subscription.description ?? '',
    targetUrl: subscription.target_url,
    eventTypes: (subscription.event_types ?? []).join('\n'),
    filter: subscription.filter === null ? '' : JSON.stringify(subscription.filter, null, 2),
    secret: '',
    isPaused: subscription.status === 'paused',
    signatureSchemes: [...subscription.signature_schemes],
    ingestSignature: subscription.ingest_signature,
    headers: pairsOf(subscription.headers),
    metadata: pairsOf(subscription.metadata),
    rateLimit: String(subscription.rate_limit ?? ''),
    maxConcurrency: String(subscription.max_concurrency ?? ''),
    retrySchedule: subscription.retry_schedule ?? '',
    timeoutMs: String(subscription.timeout_ms ?? ''),
  };
}

/** In the portal, without what is not the subscriber's to say. */
export function toCreate(draft: SubscriptionDraft, { isPortal = false } = {}): SubscriptionCreate {
  const { ingest_signature, retry_schedule, ...members } = membersOf(draft);
  return {
    ...members,
    ...(!isPortal && { ingest_signature, retry_schedule }),
    target_url: draft.targetUrl.trim(),
    ...(draft.tenant.trim() !== '' && { tenant: draft.tenant.trim() }),
    ...(draft.secret !== '' && { secret: draft.secret }),
    ...(draft.isPaused && { status: 'paused' as const }),
  };
}

/** What differs between the two drafts, so that nothing else is overwritten. */
export function toUpdate(before: SubscriptionDraft, after: SubscriptionDraft): SubscriptionUpdate {
  const old = membersOf(before);
  const changed = Object.entries(membersOf(after)).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(old[name as keyof typeof old]),
  );
  return {
    ...(Object.fromEntries(changed) as SubscriptionUpdate),
    ...(after.secret !== '' && { secret: after.secret }),
  };
}

function membersOf(draft: SubscriptionDraft) {
  const types = draft.eventTypes.split(/[\s,]+/).filter((type) => type !== '');
  return {
    name: draft.name.trim() || null,
    description: draft.description.trim() || null,
    target_url: draft.targetUrl.trim(),
    event_types: types.length === 0 ? null : types,
    filter: parseFilterText(draft.filter) as Subscription['filter'],
    signature_schemes: draft.signatureSchemes,
    ingest_signature: draft.ingestSignature,
    headers: toRecord(draft.headers),
    metadata: toRecord(draft.metadata),
    rate_limit: toInteger(draft.rateLimit),
    max_concurrency: toInteger(draft.maxConcurrency),
    retry_schedule: draft.retrySchedule.trim() || null,
    timeout_ms: toInteger(draft.timeoutMs),
  };
}

/** What is no JSON is sent as it is: the server refuses it. */
export function parseFilterText(text: string): unknown {
  if (text.trim() === '') return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** What keeps a text from being JSON at all, which the server would not see. */
export function filterFault(text: string): string | undefined {
  if (text.trim() === '') return undefined;
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return `Not JSON yet: ${(error as Error).message}`;
  }
}

/** What is no number is sent as it is: the server says at the field what it wants there. */
function toInteger(text: string): number | null {
  const trimmed = text.trim();
  if (trimmed === '') return null;
  const value = Number(trimmed);
  return Number.isFinite(value) ? value : (trimmed as never);
}

function pairsOf(record: Readonly<Record<string, string>>): Pair[] {
  return Object.entries(record).map(([name, value]) => ({ name, value }));
}

function toRecord(pairs: readonly Pair[]): Record<string, string> {
  return Object.fromEntries(
    pairs
      .filter(({ name, value }) => name !== '' || value !== '')
      .map(({ name, value }) => [name, value]),
  );
}
