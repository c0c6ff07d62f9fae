/** `admin` implies the others. */
export type Scope = 'admin' | 'publish' | 'read';

export const SCOPES = ['admin', 'publish', 'read'] as const satisfies readonly Scope[];

/**
 * The rights of a caller: an API key has scopes; a portal session what is for subscribers, and one that
 * is read-only what of it needs no more than `read`.
 */
export type Grant = Scope | 'portal' | 'portal-read';

/** The caller. `tenant: null` stands for every tenant. */
export interface Principal {
  tenant: string | null;
  scopes: readonly Grant[];
  /**
   * An API key's id, `environment:1`, `portal:` and a session's id, `loopback` or `signature`; absent
   * for nobody.
   */
  actor?: string;
  /** When the key expires. */
  expiresAt?: Date | null;
  /**
   * Whether all this is still so, for answers that continue for long. Rejects when it cannot be found out.
   * Absent where nothing was asked for.
   */
  stillHolds?: () => Promise<boolean>;
  /** Nothing has been proved yet: the request may pass only if the body's signature is valid. */
  mustBeSigned?: boolean;
}
