import { useEffect, useRef } from 'react';
import type { ReactNode } from 'react';

import { signOut, useSession } from '../api/session.ts';
import { Link, href } from '../router.tsx';
import { setTheme, useTheme } from '../theme.ts';
import type { Theme } from '../theme.ts';
import { Icon, Logo } from './icon.tsx';
import type { IconName } from './icon.tsx';

const SECTIONS: readonly (readonly [IconName, string, string])[] = [
  ['overview', 'Overview', href.overview()],
  ['subscriptions', 'Subscriptions', href.subscriptions()],
  ['events', 'Events', href.events()],
  ['deliveries', 'Deliveries', href.deliveries()],
  ['live', 'Live', href.live()],
  ['publish', 'Publish', href.publish()],
  ['operations', 'Operations', href.operations()],
];

export function Shell({ pathname, children }: { pathname: string; children: ReactNode }) {
  const { apiKey } = useSession();
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
          {SECTIONS.map(([icon, name, to]) => (
            <li key={to}>
              <Link to={to} aria-current={isWithin(pathname, to) ? 'page' : undefined}>
                <Icon name={icon} />
                {name}
              </Link>
            </li>
          ))}
        </ul>
        <div className="sidebar-foot">
          <a href="/docs">API reference</a>
          <a href="/guides">Guides</a>
          <ThemeSwitch />
          {apiKey !== null && (
            <button type="button" className="sidebar-button" onClick={signOut}>
              <Icon name="exit" /> Sign out
            </button>
          )}
        </div>
      </nav>
      <main id="main" className="main">
        {children}
      </main>
    </div>
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
