import type { Kysely } from 'kysely';
import type { DB } from '../database/tables.ts';
import { AppError } from '../base/errors.ts';
import { digestOf } from './api-key.ts';
import type { KeyVerifier } from './key-verifier.ts';
import { generatePortalToken, type PortalSession } from './portal-session.ts';
import { deleteSession, deleteSessionsOf, insertSession } from './portal-sessions.repository.ts';

export type PortalSessionInput = {
  readonly expiresInSeconds?: number | undefined;
  readonly isReadOnly?: boolean | undefined;
};

export type PortalSessionService = {
  /** Answers the token as well, which can be read nowhere later. */
  open(
    tenant: string,
    input: PortalSessionInput,
  ): Promise<{ session: PortalSession; token: string }>;
  /**
   * @param caller the caller's tenant, null for every tenant: another's session does not exist for it
   * @throws AppError `portal_session_not_found`
   */
  revoke(caller: string | null, id: string): Promise<void>;
  revokeAll(tenant: string): Promise<void>;
};

export type PortalSessionServiceDeps = {
  db: Kysely<DB>;
  /** This process', which is notified at once; others find out automatically. */
  verifier: Pick<KeyVerifier, 'forgetAll'>;
};

const DEFAULT_SECONDS = 3_600;

export function createPortalSessionService({
  db,
  verifier,
}: PortalSessionServiceDeps): PortalSessionService {
  return {
    async open(tenant, { expiresInSeconds = DEFAULT_SECONDS, isReadOnly = false }) {
      const token = generatePortalToken();
      const digest = digestOf(token);
      const session = await insertSession(db, { tenant, digest, isReadOnly, expiresInSeconds });
      return { session, token };
    },

    async revoke(caller, id) {
      if (!(await deleteSession(db, caller, id))) {
        throw new AppError('portal_session_not_found', 'There is no such portal session.');
      }
      verifier.forgetAll();
    },

    async revokeAll(tenant) {
      await deleteSessionsOf(db, tenant);
      verifier.forgetAll();
    },
  };
}
