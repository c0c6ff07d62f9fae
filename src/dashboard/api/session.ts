import { useSyncExternalStore } from 'react';

const STORAGE_KEY = 'posthorn.api-key';
const PORTAL_MARK = 'phs_';
const PORTAL_LINK = /^#portal=(phs_[0-9A-Za-z]+)$/;

interface Session {
  /** An API key, or a portal session's token, which is used as one. */
  apiKey: string | null;
  /** The API has refused us: a key is needed, or another one. */
  isSignInNeeded: boolean;
}

const listeners = new Set<() => void>();
let session: Session = { apiKey: takeFromLink() ?? recall(), isSignInNeeded: false };
// A portal link that is opened where the dashboard is open already reloads nothing.
window.addEventListener('hashchange', () => {
  const token = takeFromLink();
  if (token !== undefined) signIn(token);
});

/** The API key is held for the tab alone: closing the tab signs out. */
export function currentApiKey(): string | null {
  return session.apiKey;
}

export function signIn(apiKey: string): void {
  keep(apiKey);
  change({ apiKey, isSignInNeeded: false });
}

export function signOut(): void {
  keep(null);
  change({ apiKey: null, isSignInNeeded: true });
}

export function askForSignIn(): void {
  if (!session.isSignInNeeded) change({ ...session, isSignInNeeded: true });
}

export function useSession(): Session {
  return useSyncExternalStore(subscribe, () => session);
}

/** Whether this is one tenant's portal, rather than the operator's dashboard. */
export function isPortal({ apiKey }: Pick<Session, 'apiKey'>): boolean {
  return apiKey?.startsWith(PORTAL_MARK) === true;
}

/** The token of a portal link, which does not stay in the address nor in the tab's history. */
function takeFromLink(): string | undefined {
  const token = PORTAL_LINK.exec(window.location.hash)?.[1];
  if (token === undefined) return undefined;
  history.replaceState(null, '', window.location.pathname + window.location.search);
  keep(token);
  return token;
}

/** Within a frame, storage may be forbidden; the key then lasts as long as the page. */
function keep(apiKey: string | null): void {
  try {
    if (apiKey === null) sessionStorage.removeItem(STORAGE_KEY);
    else sessionStorage.setItem(STORAGE_KEY, apiKey);
  } catch {
    // It is in memory.
  }
}

function recall(): string | null {
  try {
    return sessionStorage.getItem(STORAGE_KEY);
  } catch {
    return null;
  }
}

function change(next: Session): void {
  session = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
