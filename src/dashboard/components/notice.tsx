import type { ReactNode } from 'react';

import type { ApiError } from '../api/client.ts';

type NoticeTone = 'bad' | 'warn' | 'info' | 'good';

export function Notice({
  tone = 'info',
  title,
  children,
}: {
  tone?: NoticeTone;
  title?: string;
  children?: ReactNode;
}) {
  return (
    <div className={`notice notice-${tone}`} role={tone === 'bad' ? 'alert' : 'status'}>
      {title !== undefined && <strong>{title}</strong>}
      {children !== undefined && <div>{children}</div>}
    </div>
  );
}

/** An error, in the server's own words. Nothing where there is none. */
export function ErrorNotice({
  error,
  onRetry,
}: {
  error: ApiError | undefined;
  onRetry?: () => void;
}) {
  if (error === undefined) return null;
  return (
    <Notice tone="bad" title={error.title}>
      <p>{error.message}</p>
      {onRetry !== undefined && (
        <button type="button" className="button small" onClick={onRetry}>
          Try again
        </button>
      )}
    </Notice>
  );
}

/** A place where nothing is yet, which says what would be here and how it gets here. */
export function EmptyState({
  title,
  children,
  actions,
}: {
  title: string;
  children: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <div className="empty">
      <h2>{title}</h2>
      <div className="empty-text">{children}</div>
      {actions !== undefined && <div className="actions">{actions}</div>}
    </div>
  );
}

export function Loading({ label = 'Loading…' }: { label?: string }) {
  return (
    <p className="loading" role="status">
      {label}
    </p>
  );
}
