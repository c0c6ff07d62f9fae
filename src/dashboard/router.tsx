import { useCallback, useMemo, useSyncExternalStore } from 'react';
import type { AnchorHTMLAttributes, MouseEvent } from 'react';

/*
 * Real paths. `/` is the overview; all else lies below /ui/, since /subscriptions, /events and
 * /deliveries belong to the API.
 */
export const href = {
  overview: () => '/',
  subscriptions: (filters?: Filters) => withQuery('/ui/subscriptions', filters),
  newSubscription: (values?: Filters) => withQuery('/ui/subscriptions/new', values),
  subscription: (id: string) => `/ui/subscriptions/${id}`,
  editSubscription: (id: string) => `/ui/subscriptions/${id}/edit`,
  events: (filters?: Filters) => withQuery('/ui/events', filters),
  event: (id: string) => `/ui/events/${id}`,
  eventTypes: (filters?: Filters) => withQuery('/ui/event-types', filters),
  eventType: (name: string, tenant: string) => typePath(name, tenant),
  editEventType: (name: string, tenant: string) => typePath(name, tenant, '/edit'),
  newEventType: () => '/ui/new-event-type',
  deliveries: (filters?: Filters) => withQuery('/ui/deliveries', filters),
  delivery: (id: string) => `/ui/deliveries/${id}`,
  live: (filters?: Filters) => withQuery('/ui/live', filters),
  publish: (values?: Filters) => withQuery('/ui/publish', values),
  operations: () => '/ui/operations',
  tenants: () => '/ui/tenants',
};

type Filters = Readonly<Record<string, string | readonly string[] | undefined>>;

function typePath(name: string, tenant: string, rest = ''): string {
  return withQuery(`/ui/event-types/${encodeURIComponent(name)}${rest}`, {
    tenant: tenant === 'default' ? undefined : tenant,
  });
}

function withQuery(path: string, filters: Filters = {}): string {
  const query = new URLSearchParams();
  setAll(query, filters);
  return query.size === 0 ? path : `${path}?${query}`;
}

function setAll(query: URLSearchParams, filters: Filters): void {
  for (const [name, given] of Object.entries(filters)) {
    query.delete(name);
    for (const value of [given ?? []].flat()) if (value !== '') query.append(name, value);
  }
}

const listeners = new Set<() => void>();
window.addEventListener('popstate', announce);

function announce(): void {
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function navigate(to: string, { replace = false } = {}): void {
  if (replace) history.replaceState(null, '', to);
  else history.pushState(null, '', to);
  if (!replace) window.scrollTo(0, 0);
  announce();
}

export function usePathname(): string {
  return useSyncExternalStore(subscribe, () => window.location.pathname);
}

/** The query of the URL, which is where filters live so that a view can be shared. */
export function useQuery(): [URLSearchParams, (changes: Filters) => void] {
  const search = useSyncExternalStore(subscribe, () => window.location.search);
  const query = useMemo(() => new URLSearchParams(search), [search]);
  const change = useCallback((changes: Filters) => {
    const next = new URLSearchParams(window.location.search);
    setAll(next, changes);
    const path = window.location.pathname;
    navigate(next.size === 0 ? path : `${path}?${next}`, { replace: true });
  }, []);
  return [query, change];
}

type LinkProps = AnchorHTMLAttributes<HTMLAnchorElement> & { to: string };

/** A link within the dashboard: a real one, so that it opens in a new tab and shows its address. */
export function Link({ to, onClick, ...rest }: LinkProps) {
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    const isPlain =
      event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
    if (event.defaultPrevented || !isPlain) return;
    event.preventDefault();
    navigate(to);
  };
  return <a href={to} onClick={follow} {...rest} />;
}
