import { escapePointer } from '../base/json-pointer.ts';
import { parseRetrySchedule } from '../retries/retry-schedule.ts';
import { AppError, type FieldError } from '../base/errors.ts';
import { findFilterFaults } from '../matching/filter-faults.ts';
import type { AddressGuard } from '../sender/address-guard.ts';
import { checkHeaders } from '../sender/header-rules.ts';
import { secretProblem, verifierProblem, type SignatureScheme } from '../sender/signature.ts';
import { isMaskedUrl, MASK } from './mask.ts';
import type { SubscriptionFields } from './subscription.ts';

/** Of a subscription that names none, as the database has it. */
const DEFAULT_SCHEMES = ['standard-webhooks'] as const;

/** The request of a client: some of the fields, and perhaps a secret. */
export type SubscriptionInput = Partial<SubscriptionFields> & { secret?: string };

/**
 * Checks what a schema cannot express.
 *
 * @throws AppError `invalid_request` naming every fault, or `forbidden_target`.
 */
export function assertAcceptable(input: SubscriptionInput, guard: AddressGuard): void {
  const errors = [
    ...findUnstorableText(input, ''),
    ...findSecretFaults(input.secret),
    ...findHeaderFaults(input.headers),
    ...findMasks(input),
    ...findScheduleFaults(input.retry_schedule),
    ...findFilterFaults(input.filter),
  ];
  refuse(errors);
  if (input.target_url !== undefined) assertAllowedTarget(input.target_url, guard);
}

/**
 * Checks a secret against the schemes that it is to sign with.
 *
 * @throws AppError `invalid_request`
 */
export function assertVerifiable(
  secret: string | undefined,
  schemes: readonly SignatureScheme[] = DEFAULT_SCHEMES,
): void {
  const problem = secret === undefined ? undefined : verifierProblem(secret, schemes);
  if (problem !== undefined) refuse([{ pointer: '/secret', detail: problem }]);
}

/**
 * Checks schemes against the secret that is there already.
 *
 * @throws AppError `invalid_request`
 */
export function assertFits(secret: string | undefined, schemes: readonly SignatureScheme[]): void {
  const problem = secret === undefined ? undefined : verifierProblem(secret, schemes);
  if (problem === undefined) return;
  const detail = `does not fit the present secret, which ${problem}, and give it as secret`;
  refuse([{ pointer: '/signature_schemes', detail }]);
}

function refuse(errors: readonly FieldError[]): void {
  const [first] = errors;
  if (first === undefined) return;
  throw new AppError('invalid_request', `The value of ${first.pointer} ${first.detail}.`, {
    errors,
  });
}

/** The operator decides who may send events and how long they are stored, not the subscriber. */
const OPERATORS_OWN = ['ingest_signature', 'retry_schedule'] as const;

/**
 * Checks what a subscriber sets through the portal.
 *
 * @throws AppError `forbidden`
 */
export function assertSubscribersOwn(input: SubscriptionInput): void {
  const errors = OPERATORS_OWN.filter((name) => input[name] !== undefined).map((name) => ({
    pointer: `/${name}`,
    detail: 'cannot be set through the portal',
  }));
  if (errors.length === 0) return;
  const names = errors.map(({ pointer }) => pointer).join(' and ');
  throw new AppError('forbidden', `A portal session may not set ${names}.`, { errors });
}

/** Postgres stores neither NUL nor half a surrogate pair, and would change or refuse the text. */
function findUnstorableText(value: unknown, pointer: string): FieldError[] {
  if (typeof value === 'string') {
    const isStorable = value.isWellFormed() && !value.includes('\0');
    return isStorable ? [] : [{ pointer, detail: 'holds characters that no text may hold' }];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) => {
    const itemPointer = `${pointer}/${escapePointer(name)}`;
    return [...findUnstorableText(name, itemPointer), ...findUnstorableText(item, itemPointer)];
  });
}

function findSecretFaults(secret: string | undefined): FieldError[] {
  const problem = secret === undefined ? undefined : secretProblem(secret);
  return problem === undefined ? [] : [{ pointer: '/secret', detail: problem }];
}

function findHeaderFaults(headers: Record<string, string> = {}): FieldError[] {
  return checkHeaders(headers).map(({ name, reason }) => ({
    pointer: `/headers/${escapePointer(name)}`,
    detail: reason,
  }));
}

/** A value that was read with parts of it hidden must not replace the whole. */
function findMasks({ target_url: url, headers = {} }: SubscriptionInput): FieldError[] {
  const masked = Object.keys(headers)
    .filter((name) => headers[name] === MASK)
    .map((name) => `/headers/${escapePointer(name)}`);
  if (url !== undefined && isMaskedUrl(url)) masked.unshift('/target_url');
  const detail = `holds ${MASK}, which stands for what was hidden from its reader: give the whole value, or leave the field out to keep what it is`;
  return masked.map((pointer) => ({ pointer, detail }));
}

function findScheduleFaults(schedule: string | null | undefined): FieldError[] {
  if (typeof schedule !== 'string') return [];
  try {
    parseRetrySchedule(schedule);
    return [];
  } catch (error) {
    return [{ pointer: '/retry_schedule', detail: `is not valid: ${(error as Error).message}` }];
  }
}

function assertAllowedTarget(targetUrl: string, guard: AddressGuard): void {
  const verdict = guard.checkUrl(targetUrl);
  if (verdict.ok) return;
  throw new AppError('forbidden_target', `The target was refused: ${verdict.reason}.`, {
    errors: [{ pointer: '/target_url', detail: verdict.reason }],
  });
}
