import type { Kysely } from 'kysely';
import type { DB } from '../database/tables.ts';
import { AppError } from '../base/errors.ts';
import type { Scope } from '../base/principal.ts';
import { digestOf, generateKey, prefixOf, type ApiKey } from './api-key.ts';
import { findKeys, hasKeys, insertKey, lockFirstKey, setRevoked } from './api-keys.repository.ts';
import type { FirstKeyWatch } from './first-key-watch.ts';
import type { KeyVerifier } from './key-verifier.ts';

export type ApiKeyInput = {
  readonly name?: string | null | undefined;
  readonly scopes: readonly Scope[];
  /** Null is every tenant. */
  readonly tenant: string | null;
  readonly expiresAt?: Date | null | undefined;
};

export type NewlyMade = {
  readonly apiKey: ApiKey;
  readonly key: string;
  /** There never was one before, in the database. */
  readonly isFirst: boolean;
};

/** `tenant` is the caller's: another tenant's key, or one of all tenants, does not exist for it. */
export type ApiKeyService = {
  /** Answers the key as well, which can be read nowhere later. */
  create(input: ApiKeyInput): Promise<NewlyMade>;
  /** Makes a key that may do everything, unless there is or ever was one. */
  createFirst(): Promise<string | undefined>;
  list(
    tenant: string | null,
    page: { limit: number; beforeId?: string | undefined },
  ): Promise<ApiKey[]>;
  /** @throws AppError `api_key_not_found` */
  revoke(tenant: string | null, id: string): Promise<void>;
};

export type ApiKeyServiceDeps = {
  db: Kysely<DB>;
  /** This process', which is notified at once; others find out automatically. */
  verifier?: Pick<KeyVerifier, 'forgetAll'> | undefined;
  firstKey?: Pick<FirstKeyWatch, 'found'> | undefined;
};

export function createApiKeyService({ db, verifier, firstKey }: ApiKeyServiceDeps): ApiKeyService {
  return {
    async create(input) {
      const { row, key } = newKey(input);
      const made = await db.transaction().execute(async (trx) => {
        await lockFirstKey(trx);
        const isFirst = !(await hasKeys(trx));
        return { apiKey: await insertKey(trx, row), key, isFirst };
      });
      verifier?.forgetAll();
      firstKey?.found();
      return made;
    },

    async createFirst() {
      return db.transaction().execute(async (trx) => {
        await lockFirstKey(trx);
        if (await hasKeys(trx)) return undefined;
        const { row, key } = newKey({ name: 'first key', scopes: ['admin'], tenant: null });
        await insertKey(trx, row);
        return key;
      });
    },

    list: (tenant, page) => findKeys(db, tenant, page),

    async revoke(tenant, id) {
      if (!(await setRevoked(db, tenant, id))) {
        throw new AppError('api_key_not_found', 'There is no such API key.');
      }
      verifier?.forgetAll();
    },
  };
}

function newKey({ name = null, scopes, tenant, expiresAt = null }: ApiKeyInput) {
  const key = generateKey();
  const row = {
    name,
    scopes,
    tenant,
    prefix: prefixOf(key),
    digest: digestOf(key),
    expires_at: expiresAt,
  };
  return { row, key };
}
