import type { Grant } from '../base/principal.ts';
import { generateToken, isWellFormedToken } from './token.ts';

/** A link to a dashboard for one tenant's people: all but its token, of which a digest is stored. */
export type PortalSession = {
  id: string;
  tenant: string;
  /** May look at what is not secret, and change nothing. */
  read_only: boolean;
  created_at: Date;
  expires_at: Date;
};

const MARK = 'phs_';

/** A new token, recognizable by `phs_`. */
export function generatePortalToken(): string {
  return generateToken(MARK);
}

export function isPortalToken(token: string): boolean {
  return isWellFormedToken(MARK, token);
}

export function grantOf({ read_only: isReadOnly }: PortalSession): Grant {
  return isReadOnly ? 'portal-read' : 'portal';
}

/** The link to the dashboard. Browsers do not send the part behind `#`, so it is in no log. */
export function portalUrl(origin: string, token: string): string {
  return `${origin}/#portal=${token}`;
}
