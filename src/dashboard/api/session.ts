import { useSyncExternalStore } from 'react';

const STORAGE_KEY = 'posthorn.api-key';

interface Session {
  apiKey: string | null;
  /** The API has refused us: a key is needed, or another one. */
  isSignInNeeded: boolean;
}

let session: Session = { apiKey: sessionStorage.getItem(STORAGE_KEY), isSignInNeeded: false };
const listeners = new Set<() => void>();

/** The API key is held for the tab alone: closing the tab signs out. */
export function currentApiKey(): string | null {
  return session.apiKey;
}

export function signIn(apiKey: string): void {
  sessionStorage.setItem(STORAGE_KEY, apiKey);
  change({ apiKey, isSignInNeeded: false });
}

export function signOut(): void {
  sessionStorage.removeItem(STORAGE_KEY);
  change({ apiKey: null, isSignInNeeded: true });
}

export function askForSignIn(): void {
  if (!session.isSignInNeeded) change({ ...session, isSignInNeeded: true });
}

export function useSession(): Session {
  return useSyncExternalStore(subscribe, () => session);
}

function change(next: Session): void {
  session = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
