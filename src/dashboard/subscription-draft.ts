import type {
  SignatureScheme,
  Subscription,
  SubscriptionCreate,
  SubscriptionUpdate,
} from './api/types.ts';
import { faultOf, jsonOrString, numberText } from './json-text.ts';

/** The content of the form: text as typed, validated by the server alone. */
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

/** @param filter as it is written */
export function draftOf(subscription: Subscription, filter: string): SubscriptionDraft {
  return {
    tenant: subscription.tenant,
    name: subscription.name ?? '',
    description: subscription.description ?? '',
    targetUrl: subscription.target_url,
    eventTypes: (subscription.event_types ?? []).join('\n'),
    filter,
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

/** What is sent: members, and others that go as the JSON texts that were typed. */
export interface Written<Body> {
  body: Body;
  texts: Readonly<Partial<Record<string, string>>>;
}

/** In the portal, without what is not the subscriber's to say. */
export function toCreate(
  draft: SubscriptionDraft,
  { isPortal = false } = {},
): Written<SubscriptionCreate> {
  const { ingest_signature, retry_schedule, ...members } = membersOf(draft);
  const body = {
    ...members,
    ...(!isPortal && { ingest_signature, retry_schedule }),
    target_url: draft.targetUrl.trim(),
    ...(draft.tenant.trim() !== '' && { tenant: draft.tenant.trim() }),
    ...(draft.secret !== '' && { secret: draft.secret }),
    ...(draft.isPaused && { status: 'paused' as const }),
  };
  return { body, texts: textsOf(draft) };
}

/** What differs between the two drafts, so that nothing else is overwritten. */
export function toUpdate(
  before: SubscriptionDraft,
  after: SubscriptionDraft,
): Written<SubscriptionUpdate> {
  const changed: SubscriptionUpdate = changesOf(membersOf(before), membersOf(after));
  return {
    body: { ...changed, ...(after.secret !== '' && { secret: after.secret }) },
    texts: changesOf(textsOf(before), textsOf(after)),
  };
}

function changesOf<Members extends object>(before: Members, after: Members): Partial<Members> {
  const changes: Partial<Members> = {};
  for (const name in after) {
    if (JSON.stringify(after[name]) !== JSON.stringify(before[name])) changes[name] = after[name];
  }
  return changes;
}

function membersOf(draft: SubscriptionDraft) {
  const types = draft.eventTypes.split(/[\s,]+/).filter((type) => type !== '');
  return {
    name: draft.name.trim() || null,
    description: draft.description.trim() || null,
    target_url: draft.targetUrl.trim(),
    event_types: types.length === 0 ? null : types,
    signature_schemes: draft.signatureSchemes,
    ingest_signature: draft.ingestSignature,
    headers: toRecord(draft.headers),
    metadata: toRecord(draft.metadata),
    retry_schedule: draft.retrySchedule.trim() || null,
  };
}

function textsOf(draft: SubscriptionDraft) {
  return {
    filter: jsonOrString(draft.filter),
    rate_limit: numberText(draft.rateLimit),
    max_concurrency: numberText(draft.maxConcurrency),
    timeout_ms: numberText(draft.timeoutMs),
  };
}

/** What keeps a filter from being JSON at all, which the server would not see. */
export function filterFault(text: string): string | undefined {
  const fault = faultOf(text);
  return fault === undefined ? undefined : `Not JSON yet: ${fault}`;
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
