import { AppError } from '../errors.ts';
import { decodeCursor, page } from '../http/pagination.ts';
import type { Handlers } from '../openapi/contract.ts';
import { toTenantResource } from './tenant.resource.ts';
import type { TenantService } from './tenants.service.ts';

export function tenantHandlers(
  { tenants }: { tenants: TenantService },
): Pick<Handlers, 'listTenants' | 'getTenant'> {
  return {
    async listTenants({ query, principal }) {
      if (principal.tenant !== null) {
        throw new AppError('forbidden', 'The list concerns all tenants; this key is for one.');
      }
      const { limit, cursor, q: text } = query;
      const [afterTenant] = cursor === undefined ? [] : decodeCursor(cursor, ['text']);
      const rows = await tenants.list({ limit: limit + 1, afterTenant, text });
      const { data, next_cursor } = page(rows, limit, ({ tenant }) => [tenant]);
      return { status: 200, body: { data: data.map(toTenantResource), next_cursor } };
    },

    async getTenant({ params, principal }) {
      const tenant = await tenants.get(principal.tenant, params.tenant);
      return { status: 200, body: toTenantResource(tenant) };
    },
  };
}
