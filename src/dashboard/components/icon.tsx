const PATHS = {
  overview: 'M3 13.5 8 8l3.5 3.5L17 5.5M3 17h14',
  subscriptions: 'M3 5.5h14v9H3zM3 6l7 5 7-5',
  events: 'M11 2.5 4.5 11H10l-1 6.5L15.5 9H10z',
  types: 'M4 3.5h9l3 3v10H4zM12.5 3.5V7H16M7 10h6M7 13h4',
  deliveries: 'M2.5 10h9M8 6l4 4-4 4M15.5 4v12',
  live: 'M6.5 13.5a5 5 0 0 1 0-7M13.5 6.5a5 5 0 0 1 0 7M4 16A8.5 8.5 0 0 1 4 4M16 4a8.5 8.5 0 0 1 0 12M10 10h.01',
  publish: 'M17 3 9 11M17 3l-5 14-3-6-6-3z',
  operations: 'M3.5 4h13v4.5h-13zM3.5 11.5h13V16h-13zM6 6.25h.01M6 13.75h.01',
  tenants: 'M3 17V6.5L9 3v14M9 8h8v9M2 17h16M12 11.5h2M12 14h2M5.5 8.5h1M5.5 11.5h1',
  sun: 'M10 6.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM10 2v1.5M10 16.5V18M2 10h1.5M16.5 10H18M4.3 4.3l1.1 1.1M14.6 14.6l1.1 1.1M4.3 15.7l1.1-1.1M14.6 5.4l1.1-1.1',
  moon: 'M16 12.2A6.5 6.5 0 0 1 7.8 4a6.5 6.5 0 1 0 8.2 8.2z',
  system: 'M3 4h14v9.5H3zM7 17h6',
  copy: 'M7 7h9.5v9.5H7zM4.5 13H3.5V3.5H13V4.5',
  check: 'M4 10.5 8 14.5 16 6',
  search: 'M9 4a5 5 0 1 0 0 10A5 5 0 0 0 9 4zM13 13l4 4',
  chevron: 'M7.5 5l5 5-5 5',
  pause: 'M7 5v10M13 5v10',
  play: 'M6.5 4.5v11l9-5.5z',
  plus: 'M10 4v12M4 10h12',
  retry: 'M15.5 8A6 6 0 1 0 16 11.5M16 4v4h-4',
  close: 'M5 5l10 10M15 5 5 15',
  trash: 'M4 6h12M8 6V4h4v2M5.5 6l.8 10.5h7.4L14.5 6',
  key: 'M7 9.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM9.5 10.5 16.5 3.5M13 7l2.5 2.5',
  edit: 'M4 16l.7-3.2L13.2 4.3l2.5 2.5-8.5 8.5z',
  exit: 'M8 4H4v12h4M8 10h9M13.5 6.5 17 10l-3.5 3.5',
} as const;

export type IconName = keyof typeof PATHS;

/** Decoration: what it means is always said in words beside it or in a label. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

export function Logo() {
  return (
    <svg className="logo" viewBox="2 7 27 22" aria-hidden="true" focusable="false">
      <circle cx="13.5" cy="17" r="6.2" />
      <path d="M4.5 10.8h9" />
      <path d="M13.5 23.2H20l7 3.3V14.6l-5.2 2.6" />
    </svg>
  );
}
