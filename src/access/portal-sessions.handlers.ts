import type { Handlers } from '../http/contract.ts';
import { portalUrl } from './portal-session.ts';
import type { PortalSessionService } from './portal-sessions.service.ts';
import { oneTenantFor } from './tenant.ts';

type PortalSessionHandlers = Pick<
  Handlers,
  'createPortalSession' | 'revokePortalSessions' | 'revokePortalSession' | 'getSession'
>;

export function portalSessionHandlers(deps: {
  portalSessions: PortalSessionService;
  /** The base URL of links; undefined: the address of the request. */
  publicUrl: string | undefined;
}): PortalSessionHandlers {
  const { portalSessions, publicUrl } = deps;
  return {
    async createPortalSession({ params, body, principal, request }) {
      const tenant = oneTenantFor(principal, params.tenant, '/path/tenant');
      const { session, token } = await portalSessions.open(tenant, {
        expiresInSeconds: body?.expires_in_seconds,
        isReadOnly: body?.read_only,
      });
      const { created_at: createdAt, expires_at: expiresAt } = session;
      return {
        status: 201,
        headers: { Location: `/portal-sessions/${session.id}`, 'Cache-Control': 'no-store' },
        body: {
          ...session,
          created_at: createdAt.toISOString(),
          expires_at: expiresAt.toISOString(),
          url: portalUrl(publicUrl ?? `${request.protocol}://${request.host}`, token),
          token,
        },
      };
    },

    async revokePortalSessions({ params, principal }) {
      await portalSessions.revokeAll(oneTenantFor(principal, params.tenant, '/path/tenant'));
      return { status: 204 };
    },

    async revokePortalSession({ params, principal }) {
      await portalSessions.revoke(principal.tenant, params.id);
      return { status: 204 };
    },

    async getSession({ principal }) {
      const { actor = 'nobody', tenant, scopes, expiresAt } = principal;
      return {
        status: 200,
        headers: { 'Cache-Control': 'no-store' },
        body: { actor, tenant, scopes: [...scopes], expires_at: expiresAt?.toISOString() ?? null },
      };
    },
  };
}
