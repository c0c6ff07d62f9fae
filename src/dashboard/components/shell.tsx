import { useEffect, useRef } from 'react';
import type { ReactNode } from 'react';

import { signOut, useSession } from '../api/session.ts';
import { useCaller } from '../data/caller.tsx';
import type { Caller } from '../data/caller.tsx';
import { useNow } from '../data/use-now.ts';
import { plural } from '../format.ts';
import { Link, href } from '../router.tsx';
import { setTheme, useTheme } from '../theme.ts';
import type { Theme } from '../theme.ts';
import { Icon, Logo } from './icon.tsx';
import type { IconName } from './icon.tsx';
import { Notice } from './notice.tsx';

/** With all that one must be allowed to do there. */
const SECTIONS: readonly (readonly [IconName, string, string, (keyof Caller['may'])[]])[] = [
  ['overview', 'Overview', href.overview(), ['read']],
  ['subscriptions', 'Subscriptions', href.subscriptions(), ['read']],
  ['events', 'Events', href.events(), ['read']],
  ['types', 'Event types', href.eventTypes(), ['read']],
  ['deliveries', 'Deliveries', href.deliveries(), ['read']],
  ['live', 'Live', href.live(), ['read']],
  ['publish', 'Publish', href.publish(), ['publish']],
  ['tenants', 'Tenants', href.tenants(), ['operate', 'seeAllTenants']],
  ['operations', 'Operations', href.operations(), ['operate']],
];

export function Shell({ pathname, children }: { pathname: string; children: ReactNode }) {
  const { apiKey } = useSession();
  const caller = useCaller();
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    // On a phone the sections scroll sideways; the current one must not be out of sight.
    const current = list.current?.querySelector<HTMLElement>('[aria-current]');
    if (current) list.current?.scrollTo({ left: current.offsetLeft - 60 });
  }, [pathname]);
  return (
    <div className="shell">
      <a className="skip-link" href="#main">
        Skip to content
      </a>
      <nav className="sidebar" aria-label="Sections">
        <Link to={href.overview()} className="brand" aria-label="Posthorn, overview">
          <Logo />
          <span>Posthorn</span>
        </Link>
        <ul ref={list}>
          {SECTIONS.filter(([, , , needs]) => needs.every((need) => caller.may[need])).map(
            ([icon, name, to]) => (
              <li key={to}>
                <Link to={to} aria-current={isWithin(pathname, to) ? 'page' : undefined}>
                  <Icon name={icon} />
                  {name}
                </Link>
              </li>
            ),
          )}
        </ul>
        <div className="sidebar-foot">
          {!caller.isPortal && <a href="/docs">API reference</a>}
          {!caller.isPortal && <a href="/guides">Guides</a>}
          <ThemeSwitch />
          {apiKey !== null && !caller.isPortal && (
            <button type="button" className="sidebar-button" onClick={signOut}>
              <Icon name="exit" /> Sign out
            </button>
          )}
        </div>
      </nav>
      <main id="main" className="main">
        {caller.endsAtMs !== undefined && caller.isPortal && (
          <EndNotice endsAtMs={caller.endsAtMs} />
        )}
        {children}
      </main>
    </div>
  );
}

const END_IS_NEAR_MS = 300_000;

/** Says in good time that the session ends, to the minute: it is read out when it changes. */
function EndNotice({ endsAtMs }: { endsAtMs: number }) {
  const leftMs = endsAtMs - useNow();
  if (leftMs > END_IS_NEAR_MS) return null;
  const minutes = Math.max(1, Math.ceil(leftMs / 60_000));
  return (
    <Notice tone="warn" title={`This session ends within ${plural(minutes, 'minute')}`}>
      To continue after that, open it again from the page that brought you here.
    </Notice>
  );
}

function isWithin(pathname: string, to: string): boolean {
  return pathname === to || (to !== '/' && pathname.startsWith(`${to}/`));
}

const THEMES: readonly (readonly [Theme, IconName, string])[] = [
  ['system', 'system', 'As the system'],
  ['light', 'sun', 'Light'],
  ['dark', 'moon', 'Dark'],
];

function ThemeSwitch() {
  const theme = useTheme();
  return (
    <div className="theme-switch" role="group" aria-label="Colours">
      {THEMES.map(([value, icon, name]) => (
        <button
          key={value}
          type="button"
          aria-pressed={theme === value}
          aria-label={name}
          title={name}
          onClick={() => setTheme(value)}
        >
          <Icon name={icon} />
        </button>
      ))}
    </div>
  );
}
