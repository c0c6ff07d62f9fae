import { AppError } from '../base/errors.ts';

/** Whose it is where neither the request nor the key names anybody. */
export const DEFAULT_TENANT = 'default';

/** The caller; null stands for every tenant. */
type Caller = { readonly tenant: string | null };

/**
 * The tenant that a call is about, null for all of them: the one the request names, or else the
 * key's. A key of one tenant that names another is refused whether or not there is such a tenant.
 *
 * Things that a call leads to by their id are looked up within the caller's tenant instead: those
 * of another are answered as ones that do not exist.
 *
 * @param named undefined names nobody, null all tenants
 * @param pointer where in the request it is named
 * @throws AppError `tenant_forbidden`
 */
export function tenantFor(
  caller: Caller,
  named: string | null | undefined,
  pointer: string,
): string | null {
  if (named === undefined) return caller.tenant;
  if (caller.tenant === null || named === caller.tenant) return named;
  throw new AppError('tenant_forbidden', 'This key is for another tenant: leave the tenant out.', {
    errors: [{ pointer, detail: 'must be the tenant of the key' }],
  });
}

/** The same where it has to be one: `default`, where nobody is named. @throws AppError `tenant_forbidden` */
export function oneTenantFor(caller: Caller, named: string | undefined, pointer: string): string {
  return tenantFor(caller, named, pointer) ?? DEFAULT_TENANT;
}

/** Refuses keys of one tenant what shows all tenants together. @throws AppError `tenant_forbidden` */
export function assertForAllTenants(caller: Caller): void {
  if (caller.tenant === null) return;
  throw new AppError('tenant_forbidden', 'This requires a key that is not bound to a tenant.');
}
