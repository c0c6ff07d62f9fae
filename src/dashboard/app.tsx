import type { ReactNode } from 'react';

import { isPortal, useSession } from './api/session.ts';
import { ErrorBoundary } from './components/error-boundary.tsx';
import { Shell } from './components/shell.tsx';
import { Toasts } from './components/toasts.tsx';
import { CallerProvider, useCaller } from './data/caller.tsx';
import type { Caller } from './data/caller.tsx';
import { usePathname } from './router.tsx';
import { DeliveriesView } from './views/deliveries.tsx';
import { DeliveryView } from './views/delivery.tsx';
import { EventView } from './views/event.tsx';
import { EditEventTypeView, NewEventTypeView } from './views/event-type-edit.tsx';
import { EventTypeView } from './views/event-type.tsx';
import { EventTypesView } from './views/event-types.tsx';
import { EventsView } from './views/events.tsx';
import { LiveView } from './views/live.tsx';
import { NotFoundView } from './views/not-found.tsx';
import { OperationsView } from './views/operations.tsx';
import { OverviewView } from './views/overview.tsx';
import { NotInFrameView, PortalEndedView, isFramed } from './views/portal-notices.tsx';
import { PublishView } from './views/publish.tsx';
import { SignInView } from './views/sign-in.tsx';
import { EditSubscriptionView } from './views/subscription-edit.tsx';
import { NewSubscriptionView } from './views/subscription-new.tsx';
import { SubscriptionView } from './views/subscription.tsx';
import { SubscriptionsView } from './views/subscriptions.tsx';
import { TenantsView } from './views/tenants.tsx';

const VIEWS: readonly [RegExp, (id: string) => ReactNode][] = [
  [/^\/(?:ui\/?)?$/, () => <OverviewView />],
  [/^\/ui\/subscriptions$/, () => <SubscriptionsView />],
  [/^\/ui\/subscriptions\/new$/, () => <NewSubscriptionView />],
  [/^\/ui\/subscriptions\/([\da-f-]{36})$/, (id) => <SubscriptionView id={id} />],
  [/^\/ui\/subscriptions\/([\da-f-]{36})\/edit$/, (id) => <EditSubscriptionView id={id} />],
  [/^\/ui\/events$/, () => <EventsView />],
  [/^\/ui\/events\/([\da-f-]{36})$/, (id) => <EventView id={id} />],
  [/^\/ui\/event-types$/, () => <EventTypesView />],
  [/^\/ui\/new-event-type$/, () => <NewEventTypeView />],
  [/^\/ui\/event-types\/([^/]+)$/, (name) => <EventTypeView name={decodeURIComponent(name)} />],
  [
    /^\/ui\/event-types\/([^/]+)\/edit$/,
    (name) => <EditEventTypeView name={decodeURIComponent(name)} />,
  ],
  [/^\/ui\/deliveries$/, () => <DeliveriesView />],
  [/^\/ui\/deliveries\/([\da-f-]{36})$/, (id) => <DeliveryView id={id} />],
  [/^\/ui\/live$/, () => <LiveView />],
];

/** Views of what subscribers have no part in. */
const OPERATOR_VIEWS: typeof VIEWS = [
  [/^\/ui\/publish$/, () => <PublishView />],
  [/^\/ui\/operations$/, () => <OperationsView />],
  [/^\/ui\/tenants$/, () => <TenantsView />],
];

export function App() {
  const session = useSession();
  const isInPortal = isPortal(session);
  if (isFramed() && !isInPortal) return <NotInFrameView />;
  if (session.isSignInNeeded) return isInPortal ? <PortalEndedView /> : <SignInView />;
  return (
    // Another portal session may be another tenant's: nothing of the last one stays.
    <CallerProvider key={isInPortal ? session.apiKey : 'key'}>
      <Views />
    </CallerProvider>
  );
}

function Views() {
  const pathname = usePathname();
  const caller = useCaller();
  return (
    <Shell pathname={pathname}>
      <ErrorBoundary key={pathname}>{viewOf(pathname, caller)}</ErrorBoundary>
      <Toasts />
    </Shell>
  );
}

function viewOf(pathname: string, { isPortal: isInPortal, may }: Caller): ReactNode {
  // All that a key for publishing opens.
  if (!may.read && may.publish) return <PublishView />;
  for (const [pattern, view] of isInPortal ? VIEWS : [...VIEWS, ...OPERATOR_VIEWS]) {
    const match = pattern.exec(pathname);
    if (match !== null) return view(match[1] ?? '');
  }
  return <NotFoundView />;
}
