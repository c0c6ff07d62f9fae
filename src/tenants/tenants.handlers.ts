import { assertForAllTenants, oneTenantFor } from '../access/tenant.ts';
import { decodeCursor, page } from '../paging/pagination.ts';
import type { Handlers } from '../http/contract.ts';
import { toTenantResource } from './tenant.resource.ts';
import type { TenantService } from './tenants.service.ts';

export function tenantHandlers({
  tenants,
}: {
  tenants: TenantService;
}): Pick<Handlers, 'listTenants' | 'getTenant'> {
  return {
    async listTenants({ query, principal }) {
      assertForAllTenants(principal);
      const { limit, cursor, q: text } = query;
      const [afterTenant] = cursor === undefined ? [] : decodeCursor(cursor, ['text']);
      const rows = await tenants.list({ limit: limit + 1, afterTenant, text });
      const { data, next_cursor } = page(rows, limit, ({ tenant }) => [tenant]);
      return { status: 200, body: { data: data.map(toTenantResource), next_cursor } };
    },

    async getTenant({ params, principal }) {
      const tenant = await tenants.get(oneTenantFor(principal, params.tenant, '/path/tenant'));
      return { status: 200, body: toTenantResource(tenant) };
    },
  };
}
