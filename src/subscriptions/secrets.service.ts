import type { JsonWebKey } from 'node:crypto';
import type { Kysely, Transaction } from 'kysely';
import type { DB } from '../database/tables.ts';
import { AppError } from '../base/errors.ts';
import type { AddressGuard } from '../sender/address-guard.ts';
import {
  generateSigningKeyPair,
  isSigningKey,
  jsonWebKeySet,
  publicKeyText,
} from '../sender/signing-key.ts';
import { generateSecret, type SignatureScheme } from '../sender/signature.ts';
import { secretContext, type SecretBox } from './secret-box.ts';
import {
  deleteOldSecrets,
  deleteSecrets,
  findSecrets,
  insertSecret,
  setSecretsExpiring,
  type SecretKind,
  type StoredSecret,
} from './secrets.repository.ts';
import type { Subscription } from './subscription.ts';
import type { SubscriptionDirectory } from './subscription-directory.ts';
import { assertAcceptable, assertFits, assertVerifiable } from './subscription-rules.ts';
import { findSubscription, lockSubscription, setSubscription } from './subscriptions.repository.ts';

const DEFAULT_OVERLAP_HOURS = 24;
const MAX_OLD_SECRETS = 10;

export type SigningSecret = {
  readonly secret: string;
  /** Null without the scheme that needs one. */
  readonly publicKey: string | null;
  /** Those that sign beside it, newest first. */
  readonly previous: readonly { createdAt: Date; expiresAt: Date }[];
};

export type Rotation = {
  /** One is generated where none is given. */
  readonly secret?: string | undefined;
  /** How long the old secrets stay valid at most; 24 unless given. */
  readonly overlapHours?: number | undefined;
};

/** A subscription of another tenant is one that does not exist. */
export type SecretService = {
  /** @throws AppError `subscription_not_found` */
  show(tenant: string | null, id: string): Promise<SigningSecret>;
  /**
   * Gives the subscription a new secret, and a new Ed25519 key where it has one. Once this has
   * resolved, every process signs with new and old, and takes either.
   *
   * @throws AppError `subscription_not_found`, `invalid_request`
   */
  rotate(
    tenant: string | null,
    id: string,
    rotation: Rotation,
  ): Promise<{ subscription: Subscription; secret: string }>;
  /**
   * The public halves of the Ed25519 keys, newest first.
   *
   * @throws AppError `subscription_not_found`
   */
  publicKeys(id: string): Promise<{ keys: JsonWebKey[] }>;
};

export type SecretServiceDeps = {
  db: Kysely<DB>;
  directory: SubscriptionDirectory;
  guard: AddressGuard;
  secretBox: SecretBox;
};

export function createSecretService(deps: SecretServiceDeps): SecretService {
  const { db, directory, guard, secretBox } = deps;
  return {
    async show(tenant, id) {
      const subscription = (await findSubscription(db, tenant, id)) ?? notFound();
      const stored = await findSecrets(db, id);
      const open = (kind: SecretKind) => openCurrent(stored, kind, subscription, secretBox);
      const secret = open('shared');
      if (secret === undefined) throw new Error(`subscription ${id} has no secret`);
      const signingKey = usesSigningKey(subscription) ? open('ed25519') : undefined;
      return {
        secret,
        publicKey: signingKey === undefined ? null : publicKeyText(signingKey),
        previous: stored.flatMap(({ kind, createdAt, expiresAt }) =>
          kind === 'shared' && expiresAt !== null ? [{ createdAt, expiresAt }] : [],
        ),
      };
    },

    async rotate(tenant, id, { secret = generateSecret(), overlapHours = DEFAULT_OVERLAP_HOURS }) {
      assertAcceptable({ secret }, guard);
      const subscription = await db.transaction().execute(async (trx) => {
        const before = (await lockSubscription(trx, tenant, id)) ?? notFound();
        assertVerifiable(secret, before.signature_schemes);
        await rotateKind(trx, before, { kind: 'shared', secret, overlapHours }, secretBox);
        if (usesSigningKey(before)) {
          const { privateKey } = generateSigningKeyPair();
          const rotation = { kind: 'ed25519', secret: privateKey, overlapHours } as const;
          await rotateKind(trx, before, rotation, secretBox);
        }
        // The new version invalidates every cache.
        return setSubscription(trx, id, {});
      });
      await directory.forget(id);
      return { subscription, secret };
    },

    async publicKeys(id) {
      const subscription = (await directory.get(id)) ?? notFound();
      const isUsed = subscription.signatureSchemes.includes('standard-webhooks-v1a');
      return jsonWebKeySet(isUsed ? subscription.secrets.filter(isSigningKey) : []);
    },
  };
}

function openCurrent(
  stored: readonly StoredSecret[],
  wanted: SecretKind,
  { id, tenant }: Pick<Subscription, 'id' | 'tenant'>,
  secretBox: SecretBox,
): string | undefined {
  const current = stored.find(({ kind, expiresAt }) => kind === wanted && expiresAt === null);
  return current && secretBox.open(current, secretContext(tenant, id));
}

/**
 * Checks the secret that a subscription has against schemes that are new to it.
 *
 * @throws AppError `invalid_request`, `secret_unreadable`
 */
export async function assertSchemesFit(
  trx: Transaction<DB>,
  subscription: Subscription,
  schemes: readonly SignatureScheme[],
  secretBox: SecretBox,
): Promise<void> {
  if (String(schemes) === String(subscription.signature_schemes)) return;
  const stored = await findSecrets(trx, subscription.id);
  assertFits(openCurrent(stored, 'shared', subscription, secretBox), schemes);
}

type KindRotation = { kind: SecretKind; secret: string; overlapHours: number };

async function rotateKind(
  trx: Transaction<DB>,
  subscription: Subscription,
  { kind, secret, overlapHours: hours }: KindRotation,
  secretBox: SecretBox,
): Promise<void> {
  await setSecretsExpiring(trx, subscription.id, { kind, hours });
  await deleteOldSecrets(trx, subscription.id, { kind, keep: MAX_OLD_SECRETS });
  await addSecret(trx, subscription, { kind, secret }, secretBox);
}

/** Seals and stores one more secret, which is the one that signs from now on. */
export async function addSecret(
  trx: Transaction<DB>,
  { id, tenant }: Pick<Subscription, 'id' | 'tenant'>,
  { kind, secret }: { kind: SecretKind; secret: string },
  secretBox: SecretBox,
): Promise<void> {
  const sealed = secretBox.seal(secret, secretContext(tenant, id));
  await insertSecret(trx, { id, tenant }, { kind, ...sealed });
}

/**
 * Puts a secret in the place of all others, at once: a caller that sets one rather than rotating may know
 * that the old ones have leaked.
 */
export async function replaceSecret(
  trx: Transaction<DB>,
  subscription: Subscription,
  secret: string,
  secretBox: SecretBox,
): Promise<void> {
  await deleteSecrets(trx, subscription.id, 'shared');
  await addSecret(trx, subscription, { kind: 'shared', secret }, secretBox);
}

/** Makes the Ed25519 key of a subscription that has come to need one. */
export async function ensureSigningKey(
  trx: Transaction<DB>,
  subscription: Subscription,
  secretBox: SecretBox,
): Promise<void> {
  if (!usesSigningKey(subscription)) return;
  const stored = await findSecrets(trx, subscription.id);
  if (stored.some(({ kind, expiresAt }) => kind === 'ed25519' && expiresAt === null)) return;
  const secret = generateSigningKeyPair().privateKey;
  await addSecret(trx, subscription, { kind: 'ed25519', secret }, secretBox);
}

function usesSigningKey({ signature_schemes: schemes }: Subscription): boolean {
  return schemes.includes('standard-webhooks-v1a');
}

function notFound(): never {
  throw new AppError('subscription_not_found', 'There is no such subscription.');
}
