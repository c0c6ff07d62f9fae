import { createContext, useContext, useEffect } from 'react';
import type { ReactNode } from 'react';

import { ApiError, api, ask } from '../api/client.ts';
import { askForSignIn, isPortal, useSession } from '../api/session.ts';
import { ErrorNotice, Loading } from '../components/notice.tsx';
import { useResource } from './use-resource.ts';

/** The rights of the user. The server decides; this leaves out what it would refuse. */
export interface Caller {
  isPortal: boolean;
  may: {
    read: boolean;
    /** Changes what a tenant has: subscriptions, their deliveries and replays. */
    change: boolean;
    /** Changes what is the operator's: event types, API keys and portal sessions. */
    administer: boolean;
    publish: boolean;
    /** Looks after the service, and has a say in who sends events and how long they are tried. */
    operate: boolean;
    /** Tells tenants apart. */
    seeAllTenants: boolean;
  };
  /** Of a portal session, by this machine's clock. */
  endsAtMs: number | undefined;
}

const EVERYTHING: Caller = {
  isPortal: false,
  may: {
    read: true,
    change: true,
    administer: true,
    publish: true,
    operate: true,
    seeAllTenants: true,
  },
  endsAtMs: undefined,
};

/**
 * A key that may not read what it is: no scope but `publish` is left. Whether it is bound to a tenant
 * shows when it publishes, so the form lets it name one.
 */
const PUBLISHER: Caller = {
  isPortal: false,
  may: {
    read: false,
    change: false,
    administer: false,
    publish: true,
    operate: false,
    seeAllTenants: true,
  },
  endsAtMs: undefined,
};

const CallerContext = createContext(EVERYTHING);

export function useCaller(): Caller {
  return useContext(CallerContext);
}

/** Shows what is for those alone who may do something. */
export function IfMay({ do: what, children }: { do: keyof Caller['may']; children: ReactNode }) {
  return useCaller().may[what] ? children : null;
}

/** Finds out the caller. A portal session sees nothing before that is known. */
export function CallerProvider({ children }: { children: ReactNode }) {
  const session = useSession();
  const isInPortal = isPortal(session);
  const found = useResource(`session ${session.apiKey ?? ''}`, findCaller);
  const caller = found.data ?? EVERYTHING;
  const endsAtMs = isInPortal ? caller.endsAtMs : undefined;
  useEffect(() => {
    if (endsAtMs === undefined) return;
    const timer = setTimeout(askForSignIn, endsAtMs - Date.now());
    return () => clearTimeout(timer);
  }, [endsAtMs]);
  if (isInPortal && found.data === undefined) {
    return (
      <main className="main">
        <ErrorNotice error={found.error} onRetry={found.reload} />
        {found.isLoading && <Loading />}
      </main>
    );
  }
  return <CallerContext value={caller}>{children}</CallerContext>;
}

async function findCaller(signal: AbortSignal): Promise<Caller> {
  const request = api.GET('/session', { signal });
  const session = await ask(request).catch((error: unknown) => {
    if (error instanceof ApiError && error.code === 'forbidden') return undefined;
    throw error;
  });
  if (session === undefined) return PUBLISHER;
  const { tenant, scopes, expires_at: expiresAt } = session;
  const isInPortal = scopes.some((scope) => scope.startsWith('portal'));
  const isAdmin = scopes.includes('admin');
  // This machine's clock may be off; what counts is how long the server says is left.
  const { response } = await request;
  const serverMs = Date.parse(response.headers.get('date') ?? '') || Date.now();
  return {
    isPortal: isInPortal,
    may: {
      read: isInPortal || isAdmin || scopes.includes('read'),
      change: isAdmin || scopes.includes('portal'),
      administer: isAdmin,
      publish: isAdmin || scopes.includes('publish'),
      operate: isAdmin || scopes.includes('read'),
      seeAllTenants: tenant === null,
    },
    endsAtMs: expiresAt === null ? undefined : Date.now() + Date.parse(expiresAt) - serverMs,
  };
}
