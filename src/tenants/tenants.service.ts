import type { Kysely } from 'kysely';
import type { DB } from '../database/tables.ts';
import { AppError } from '../base/errors.ts';
import {
  findTenant,
  findTenants,
  ROLLUP_SECONDS,
  type TenantPage,
  type TenantRow,
} from './tenants.repository.ts';

export type { TenantRow } from './tenants.repository.ts';

export type TenantService = {
  /** By name. */
  list(page: TenantPage): Promise<TenantRow[]>;
  /** @throws AppError `tenant_not_found` */
  get(tenant: string): Promise<TenantRow>;
};

export type TenantServiceDeps = {
  db: Kysely<DB>;
  /** Unix time in milliseconds on the database's clock. */
  now(): number;
};

const ROLLUPS_A_DAY = 86_400 / ROLLUP_SECONDS;

/** Overviews of tenants, from roll-ups: what they cost does not follow the history. */
export function createTenantService({ db, now }: TenantServiceDeps): TenantService {
  /** Where `GET /stats?window=24h` begins as well: the current quarter of an hour is the last. */
  function since(): Date {
    const widthMs = ROLLUP_SECONDS * 1_000;
    return new Date((Math.floor(now() / widthMs) - (ROLLUPS_A_DAY - 1)) * widthMs);
  }

  return {
    list: (page) => findTenants(db, page, since()),

    async get(tenant) {
      const found = await findTenant(db, tenant, since());
      if (found === undefined) {
        throw new AppError('tenant_not_found', 'There is no such tenant.');
      }
      return found;
    },
  };
}
