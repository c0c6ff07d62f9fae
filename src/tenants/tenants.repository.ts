import { sql, type Kysely } from 'kysely';
import type { DB } from '../database/tables.ts';

/** A tenant with what an operator wants to know of it. */
export type TenantRow = {
  readonly tenant: string;
  readonly active: number;
  readonly paused: number;
  readonly disabled: number;
  readonly failing: number;
  readonly events: number;
  readonly deliveries: number;
  readonly attempts: number;
  readonly delivered: number;
  readonly last_event_id: string | null;
  readonly portal_sessions: number;
};

export type TenantPage = {
  readonly limit: number;
  /** The last of the page before. */
  readonly afterTenant?: string | undefined;
  /** Part of the name, in any case. */
  readonly text?: string | undefined;
};

/** The width of the roll-ups that are summed up; `since` is a multiple of it. */
export const ROLLUP_SECONDS = 900;

/**
 * Tenants by name, found by skipping through the indexes from one name to the next.
 *
 * @param since from when on events and attempts are counted
 */
export async function findTenants(
  db: Kysely<DB>,
  { limit, afterTenant = '', text }: TenantPage,
  since: Date,
): Promise<TenantRow[]> {
  const isMeant = text === undefined ? sql`true` : sql`strpos(lower(tenant), lower(${text})) > 0`;
  const { rows } = await sql<TenantRow>`
    with recursive named as (
      select posthorn.next_tenant(${afterTenant}) as tenant
      union all
      select posthorn.next_tenant(tenant) from named where tenant is not null
    ),
    chosen as (
      select tenant from named where tenant is not null and ${isMeant} limit ${limit}
    )
    ${overview(since)}
    order by chosen.tenant
  `.execute(db);
  return rows;
}

/** Undefined when nothing names it. */
export async function findTenant(
  db: Kysely<DB>,
  tenant: string,
  since: Date,
): Promise<TenantRow | undefined> {
  const { rows } = await sql<TenantRow>`
    with chosen as (
      select named.tenant from (select ${tenant}::text as tenant) as named
      where exists (select from posthorn.subscriptions as s where s.tenant = named.tenant)
        or exists (select from posthorn.tenant_rollups as r where r.tenant = named.tenant)
        or exists (
          select from posthorn.api_keys as k where k.tenant = named.tenant and k.revoked_at is null)
        or exists (select from posthorn.portal_sessions as p where p.tenant = named.tenant)
    )
    ${overview(since)}
  `.execute(db);
  return rows[0];
}

function overview(since: Date) {
  return sql`
    select chosen.tenant, subscription.*, recent.*, session.*, (
      select e.id from posthorn.events as e
      where e.tenant = chosen.tenant order by e.id desc limit 1
    ) as last_event_id
    from chosen
    cross join lateral (
      select count(*) filter (where s.status = 'active')::integer as active,
        count(*) filter (where s.status = 'paused')::integer as paused,
        count(*) filter (where s.status = 'disabled')::integer as disabled,
        count(*) filter (where s.status = 'active' and f.subscription_id is not null)::integer as failing
      from posthorn.subscriptions as s
      left join posthorn.subscription_failures as f on f.subscription_id = s.id
      where s.tenant = chosen.tenant
    ) as subscription
    cross join lateral (
      select coalesce(sum(r.events), 0)::double precision as events,
        coalesce(sum(r.deliveries), 0)::double precision as deliveries,
        coalesce(sum(r.attempts), 0)::double precision as attempts,
        coalesce(sum(r.delivered), 0)::double precision as delivered
      from posthorn.tenant_rollups as r
      where r.tenant = chosen.tenant and r.width_seconds = ${ROLLUP_SECONDS} and r.at >= ${since}
    ) as recent
    cross join lateral (
      select count(*)::integer as portal_sessions
      from posthorn.portal_sessions as p
      where p.tenant = chosen.tenant and p.expires_at > now()
    ) as session`;
}
