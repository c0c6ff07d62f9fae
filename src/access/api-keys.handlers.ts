import { AppError } from '../base/errors.ts';
import { decodeIdCursor, page } from '../paging/pagination.ts';
import type { Handlers } from '../http/contract.ts';
import { toApiKeyResource } from './api-key.resource.ts';
import type { ApiKeyService } from './api-keys.service.ts';
import { tenantFor } from './tenant.ts';

type ApiKeyHandlers = Pick<Handlers, 'createApiKey' | 'listApiKeys' | 'revokeApiKey'>;

export type ApiKeyHandlersDeps = {
  apiKeys: ApiKeyService;
  /** Notices for the creator of the first key. */
  firstKeyNotices: readonly string[];
};

export function apiKeyHandlers({ apiKeys, firstKeyNotices }: ApiKeyHandlersDeps): ApiKeyHandlers {
  return {
    async createApiKey({ body, principal }) {
      const { name, scopes } = body;
      const tenant = tenantFor(principal, body.tenant, '/tenant');
      const expiresAt = readExpiry(body.expires_at);
      const { apiKey, key, isFirst } = await apiKeys.create({
        name: checkedName(name),
        scopes,
        tenant,
        expiresAt,
      });
      const notices = isFirst ? firstKeyNotices : [];
      return {
        status: 201,
        headers: { Location: `/api-keys/${apiKey.id}`, 'Cache-Control': 'no-store' },
        body: {
          ...toApiKeyResource(apiKey),
          key,
          ...(notices.length > 0 && { notices: [...notices] }),
        },
      };
    },

    async listApiKeys({ query, principal }) {
      const { limit, cursor } = query;
      const rows = await apiKeys.list(principal.tenant, {
        limit: limit + 1,
        beforeId: decodeIdCursor(cursor),
      });
      const { data, next_cursor } = page(rows, limit, ({ id }) => [id]);
      return { status: 200, body: { data: data.map(toApiKeyResource), next_cursor } };
    },

    async revokeApiKey({ params, principal }) {
      await apiKeys.revoke(principal.tenant, params.id);
      return { status: 204 };
    },
  };
}

function readExpiry(text: string | null | undefined): Date | null {
  if (text === null || text === undefined) return null;
  const expiresAt = new Date(text);
  if (expiresAt.getTime() > Date.now()) return expiresAt;
  throw new AppError('invalid_request', 'The key would have expired already.', {
    errors: [{ pointer: '/expires_at', detail: 'must be in the future' }],
  });
}

/** Postgres would refuse half a surrogate pair. */
function checkedName(name: string | null | undefined): string | null | undefined {
  if (typeof name !== 'string' || name.isWellFormed()) return name;
  throw new AppError('invalid_request', 'The name holds characters that no text may hold.', {
    errors: [{ pointer: '/name', detail: 'holds characters that no text may hold' }],
  });
}
