import { createApiKeyService, type ApiKeyInput } from '../../src/access/api-keys.service.ts';
import type { TestDatabase } from './postgres.ts';

/** Keys made behind the service's back, as another process makes them. */
export function keyMaker({ db }: Pick<TestDatabase, 'db'>) {
  const apiKeys = createApiKeyService({ db });
  return async (scopes: ApiKeyInput['scopes'], tenant: string | null = null): Promise<string> =>
    (await apiKeys.create({ name: null, scopes, tenant })).key;
}

/** The header that carries a key. */
export const bearer = (key: string): { authorization: string } => ({
  authorization: `Bearer ${key}`,
});
