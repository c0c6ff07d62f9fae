import { compileFilter, parseFilter } from '../matching/filter.ts';
import { maskUrl } from './mask.ts';
import type {
  IngestSignature,
  KnownSubscription,
  SignatureScheme,
  SubscriptionStatus,
} from './subscription.ts';
import {
  secretContext,
  SecretUnreadableError,
  type SealedSecret,
  type SecretBox,
} from './secret-box.ts';
import { openTarget } from './subscription-target.ts';

/** As JSON has it, `sealed` in base64. */
type SealedText = { keyId: string | null; sealed: string };

/** A subscription as caches keep it: secrets sealed, and nothing that accepting does not need. */
export type SubscriptionEntry = {
  id: string;
  tenant: string;
  version: number;
  status: SubscriptionStatus;
  /** The part that everyone may see, as of `headers`. */
  targetUrl: string;
  /** Both whole, where there is more than that. */
  sealedTarget: SealedText | null;
  eventTypes: string[] | null;
  /** As it was given. */
  filter: Record<string, unknown> | null;
  headers: Record<string, string>;
  signatureSchemes: SignatureScheme[];
  ingestSignature: IngestSignature;
  timeoutMs: number | null;
  retrySchedule: string | null;
  rateLimit: number | null;
  maxConcurrency: number | null;
  /** Newest first; `expiresAtMs` in Unix time. */
  secrets: (SealedText & { expiresAtMs: number | null })[];
};

type Check = (value: unknown) => boolean;

const isString: Check = (value) => typeof value === 'string';
const isNumber: Check = (value) => Number.isSafeInteger(value);
const isOneOf =
  (...values: string[]): Check =>
  (value) =>
    values.includes(value as string);
const nullOr =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const isObject: Check = (value) =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const recordOf =
  (check: Check): Check =>
  (value) =>
    isObject(value) && Object.values(value as object).every(check);
const shapeOf =
  (checks: Record<string, Check>): Check =>
  (value) =>
    isObject(value) &&
    Object.entries(checks).every(([name, check]) =>
      check((value as Record<string, unknown>)[name]),
    );

const isEntry = shapeOf({
  id: isString,
  tenant: isString,
  version: isNumber,
  status: isOneOf('active', 'paused', 'disabled'),
  targetUrl: isString,
  sealedTarget: nullOr(shapeOf({ keyId: nullOr(isString), sealed: isString })),
  eventTypes: nullOr(listOf(isString)),
  filter: nullOr(isObject),
  headers: recordOf(isString),
  signatureSchemes: listOf(
    isOneOf('standard-webhooks', 'standard-webhooks-v1a', 'github', 'stripe'),
  ),
  ingestSignature: isOneOf('off', 'optional', 'required'),
  timeoutMs: nullOr(isNumber),
  retrySchedule: nullOr(isString),
  rateLimit: nullOr(isNumber),
  maxConcurrency: nullOr(isNumber),
  secrets: listOf(
    shapeOf({ keyId: nullOr(isString), sealed: isString, expiresAtMs: nullOr(isNumber) }),
  ),
} satisfies Record<keyof SubscriptionEntry, Check>);

/**
 * Reads what a cache returned for a subscription. Undefined unless it is whole: what another
 * release or another program left under the key must not be delivered by.
 */
export function parseEntry(text: string, id: string): SubscriptionEntry | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isEntry(value) && (value as SubscriptionEntry).id === id
    ? (value as SubscriptionEntry)
    : undefined;
}

/** Nothing of it is to be sent by this process; all the rest about it is known. */
export class UnreadableSubscriptionError extends SecretUnreadableError {
  readonly subscriptionStatus: SubscriptionStatus;

  constructor({ status }: SubscriptionEntry, cause: SecretUnreadableError) {
    super(cause);
    this.subscriptionStatus = status;
  }
}

/**
 * Opens the target and the secrets that have not expired, and compiles the filter.
 *
 * @throws UnreadableSubscriptionError when one of them does not open
 * @throws Error when the filter is none that this release knows
 */
export function openEntry(
  entry: SubscriptionEntry,
  secretBox: SecretBox,
  nowMs: number,
): KnownSubscription {
  try {
    return open(entry, secretBox, nowMs);
  } catch (error) {
    if (!(error instanceof SecretUnreadableError)) throw error;
    throw new UnreadableSubscriptionError(entry, error);
  }
}

function open(entry: SubscriptionEntry, secretBox: SecretBox, nowMs: number): KnownSubscription {
  const { secrets, filter, targetUrl: shownTargetUrl, headers, sealedTarget, ...known } = entry;
  const context = secretContext(entry.tenant, entry.id);
  const sealed = sealedTarget && toSealed(sealedTarget);
  const target = openTarget({ target_url: shownTargetUrl, headers, sealed }, entry, secretBox);
  return {
    ...known,
    targetUrl: target.target_url,
    shownTargetUrl: maskUrl(target.target_url),
    headers: target.headers,
    filter: filter === null ? null : compileFilter(parseFilter(filter)),
    secrets: secrets
      .filter(({ expiresAtMs }) => expiresAtMs === null || expiresAtMs > nowMs)
      .map((secret) => secretBox.open(toSealed(secret), context)),
  };
}

function toSealed({ keyId, sealed }: SealedText): SealedSecret {
  return { keyId, sealed: Buffer.from(sealed, 'base64') };
}

/** When the first of the entry's secrets expires, in Unix milliseconds; Infinity when none does. */
export function firstExpiryMs({ secrets }: SubscriptionEntry, nowMs: number): number {
  const moments = secrets
    .map(({ expiresAtMs }) => expiresAtMs ?? Infinity)
    .filter((expiresAtMs) => expiresAtMs > nowMs);
  return Math.min(Infinity, ...moments);
}
