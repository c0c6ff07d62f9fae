import type { Kysely, Transaction } from 'kysely';
import type { DB } from '../database/tables.ts';
import { AppError } from '../base/errors.ts';
import { addJob } from '../queue/enqueue.ts';
import type { AddressGuard } from '../sender/address-guard.ts';
import { generateSecret } from '../sender/signature.ts';
import type { SecretBox } from './secret-box.ts';
import { addSecret, assertSchemesFit, ensureSigningKey, replaceSecret } from './secrets.service.ts';
import type { Subscription, Target } from './subscription.ts';
import type { SubscriptionDirectory } from './subscription-directory.ts';
import {
  assertAcceptable,
  assertVerifiable,
  type SubscriptionInput,
} from './subscription-rules.ts';
import {
  openTarget,
  openTargetIfReadable,
  sealTarget,
  toColumns,
  toStoredTarget,
  type StoredTarget,
} from './subscription-target.ts';
import {
  deleteSubscription,
  findSubscription,
  findSubscriptions,
  insertSubscription,
  lockSubscription,
  nextSubscriptionId,
  setDisabled,
  setSubscription,
  setWaitingEnded,
  type SubscriptionFilter,
} from './subscriptions.repository.ts';
import { forgetFailures } from '../subscription-health/failures.service.ts';

/** Waiting deliveries that end in the transaction itself; a job ends the rest. */
const ENDED_AT_ONCE = 1000;

/**
 * `tenant` is the caller's throughout, null for every tenant: a subscription of another tenant is
 * one that does not exist.
 */
export type SubscriptionService = {
  /**
   * Answers the secret as well, which can be read nowhere later.
   *
   * @throws AppError `invalid_request`, `forbidden_target`
   */
  create(
    tenant: string,
    input: SubscriptionInput & { target_url: string },
  ): Promise<{ subscription: Subscription; secret: string }>;
  list(
    filter: SubscriptionFilter,
    page: { limit: number; beforeId?: string | undefined },
  ): Promise<Subscription[]>;
  /** @throws AppError `subscription_not_found` */
  get(tenant: string | null, id: string): Promise<Subscription>;
  /** Its target whole, or what everyone may see of it where this process lacks the key. */
  reveal(subscription: Subscription): Target;
  /**
   * Sets what is named and leaves the rest, whatever others set meanwhile. Once it has resolved,
   * no process uses the old values.
   *
   * @throws AppError `subscription_not_found`, `invalid_request`, `forbidden_target`,
   * `secret_unreadable`
   */
  update(tenant: string | null, id: string, changes: SubscriptionInput): Promise<Subscription>;
  /**
   * Deletes the subscription and cancels what waits for it.
   *
   * @throws AppError `subscription_not_found`
   */
  delete(tenant: string | null, id: string): Promise<void>;
};

export type SubscriptionServiceDeps = {
  db: Kysely<DB>;
  directory: SubscriptionDirectory;
  guard: AddressGuard;
  secretBox: SecretBox;
};

export function createSubscriptionService(deps: SubscriptionServiceDeps): SubscriptionService {
  const { db, directory, guard, secretBox } = deps;

  return {
    async create(tenant, input) {
      assertAcceptable(input, guard);
      assertVerifiable(input.secret, input.signature_schemes);
      const { secret = generateSecret(), target_url: url, headers = {}, ...fields } = input;
      const subscription = await db.transaction().execute(async (trx) => {
        const id = await nextSubscriptionId(trx);
        const target = sealTarget({ target_url: url, headers }, { tenant, id }, secretBox);
        const row = { id, ...normalize(fields), ...toColumns(target) };
        const inserted = await insertSubscription(trx, tenant, row);
        await addSecret(trx, inserted, { kind: 'shared', secret }, secretBox);
        await ensureSigningKey(trx, inserted, secretBox);
        return inserted;
      });
      return { subscription, secret };
    },

    list: (filter, page) => findSubscriptions(db, filter, page),

    async get(tenant, id) {
      return (await findSubscription(db, tenant, id)) ?? notFound();
    },

    reveal: (subscription) =>
      openTargetIfReadable(toStoredTarget(subscription), subscription, secretBox),

    async update(tenant, id, changes) {
      assertAcceptable(changes, guard);
      const subscription = await db
        .transaction()
        .execute((trx) => change(trx, { tenant, id, changes }, deps));
      await directory.forget(id);
      return subscription;
    },

    async delete(tenant, id) {
      await db.transaction().execute(async (trx) => {
        await lockExisting(trx, tenant, id);
        const end = { status: 'cancelled', reason: 'subscription_deleted' } as const;
        await setWaitingEnded(trx, id, { ...end, limit: ENDED_AT_ONCE });
        await addJob(trx, 'end_waiting', { subscription_id: id, ...end }, { jobKey: `end:${id}` });
        await forgetFailures(trx, id);
        await deleteSubscription(trx, id);
      });
      await directory.forget(id);
    },
  };
}

/**
 * Stops deliveries to a subscription that cannot take them, and has what waits for it discarded.
 * False when it is disabled already or gone. Begins a transaction of its own; caches are notified
 * through the database.
 *
 * @param reason what `disabled_reason` is to say
 */
export async function disableSubscription(
  db: Kysely<DB>,
  id: string,
  reason: string,
): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    const isDisabled = await setDisabled(trx, id, reason);
    if (isDisabled) {
      const payload = {
        subscription_id: id,
        status: 'discarded',
        reason: 'subscription_disabled',
      } as const;
      await addJob(trx, 'end_waiting', payload, { jobKey: `end:${id}` });
    }
    return isDisabled;
  });
}

type Change = {
  readonly tenant: string | null;
  readonly id: string;
  readonly changes: SubscriptionInput;
};

/** The row stays locked throughout, so that two changes at once become one after the other. */
async function change(
  trx: Transaction<DB>,
  { tenant, id, changes }: Change,
  { secretBox }: SubscriptionServiceDeps,
): Promise<Subscription> {
  const before = await lockExisting(trx, tenant, id);
  if (Object.keys(changes).length === 0) return before;

  const { secret, target_url: url, headers, ...fields } = changes;
  const schemes = fields.signature_schemes ?? before.signature_schemes;
  assertVerifiable(secret, schemes);
  if (secret === undefined) await assertSchemesFit(trx, before, schemes, secretBox);
  else await replaceSecret(trx, before, secret, secretBox);
  const isTargetChanged = url !== undefined || headers !== undefined;
  const after = await setSubscription(trx, id, {
    ...normalize(fields),
    ...(isTargetChanged && toColumns(changeTarget(before, changes, secretBox))),
    ...(fields.status !== undefined && { disabled_reason: null }),
  });
  await ensureSigningKey(trx, after, secretBox);
  if (before.status !== 'active' && after.status === 'active') await resume(trx, id);
  // Another target may be one that is not closed.
  else if (before.target_url !== after.target_url && after.status === 'active')
    await drain(trx, id);
  return after;
}

/** Sealed as one, so where one half stays the other has to be opened for it. */
function changeTarget(
  before: Subscription,
  { target_url: url, headers }: SubscriptionInput,
  secretBox: SecretBox,
): StoredTarget {
  if (url !== undefined && headers !== undefined) {
    return sealTarget({ target_url: url, headers }, before, secretBox);
  }
  const whole = openTarget(toStoredTarget(before), before, secretBox);
  return sealTarget(
    { target_url: url ?? whole.target_url, headers: headers ?? whole.headers },
    before,
    secretBox,
  );
}

async function lockExisting(
  trx: Transaction<DB>,
  tenant: string | null,
  id: string,
): Promise<Subscription> {
  return (await lockSubscription(trx, tenant, id)) ?? notFound();
}

/** A resumed subscription starts again: what failed before the break counts no more. */
async function resume(trx: Transaction<DB>, id: string): Promise<void> {
  await forgetFailures(trx, id);
  await drain(trx, id);
}

async function drain(trx: Transaction<DB>, id: string): Promise<void> {
  await addJob(trx, 'drain', { subscription_id: id }, { jobKey: `drain:${id}` });
}

/** The empty list of event types means what null means. */
function normalize<Fields extends Pick<SubscriptionInput, 'event_types'>>(fields: Fields): Fields {
  return fields.event_types?.length === 0 ? { ...fields, event_types: null } : fields;
}

function notFound(): never {
  throw new AppError('subscription_not_found', 'There is no such subscription.');
}
