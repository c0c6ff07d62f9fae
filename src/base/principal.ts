/** `admin` implies the others. */
export type Scope = 'admin' | 'publish' | 'read';

export const SCOPES = ['admin', 'publish', 'read'] as const satisfies readonly Scope[];

/**
 * What a caller may do: an API key its scopes; a portal session what is for subscribers, and one that
 * is read-only what of it needs no more than `read`.
 */
export type Grant = Scope | 'portal' | 'portal-read';

/** Who is asking. `tenant: null` stands for every tenant. */
export interface Principal {
  tenant: string | null;
  scopes: readonly Grant[];
  /**
   * An API key's id, `environment:1`, `portal:` and a session's id, `loopback` or `signature`; absent
   * for nobody.
   */
  actor?: string;
  /** When the key ends by itself. */
  expiresAt?: Date | null;
  /**
   * Whether all this is still so, for answers that go on for long. Rejects when nobody can tell.
   * Absent where nothing was asked for.
   */
  stillHolds?: () => Promise<boolean>;
  /** Nothing has been proved yet: the request may pass only if the body's signature is valid. */
  mustBeSigned?: boolean;
}
