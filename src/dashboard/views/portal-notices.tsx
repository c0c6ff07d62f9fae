import { useEffect } from 'react';
import type { ReactNode } from 'react';

import { Logo } from '../components/icon.tsx';

/** Whether another page shows this one. */
export function isFramed(): boolean {
  return window.top !== window.self;
}

/** Where a portal session has ended, there is no key to ask for. */
export function PortalEndedView() {
  useEffect(() => {
    // The page around may open another one. It learns nothing that it does not know.
    if (isFramed()) window.parent.postMessage({ type: 'posthorn.portal.ended' }, '*');
  }, []);
  return (
    <Card title="This session has ended">
      <p>Open it again from the page that brought you here. What you have changed is saved.</p>
    </Card>
  );
}

/** Within another page only the portal is shown: there, one may be led to click what one cannot see. */
export function NotInFrameView() {
  return (
    <Card title="Not in a frame">
      <p>
        Another page shows this one. Within a page the portal opens alone, by a link of its own;{' '}
        <a href="/" target="_blank" rel="noreferrer">
          open the dashboard in a tab
        </a>{' '}
        instead.
      </p>
    </Card>
  );
}

function Card({ title, children }: { title: string; children: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · Posthorn`;
  }, [title]);
  return (
    <main className="sign-in">
      <div className="sign-in-card">
        <div className="sign-in-brand">
          <Logo /> Posthorn
        </div>
        <h1>{title}</h1>
        {children}
      </div>
    </main>
  );
}
