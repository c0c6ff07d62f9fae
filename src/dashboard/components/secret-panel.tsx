import type { ReactNode } from 'react';

import { CopyButton } from './copy-button.tsx';

/** A secret in the one moment in which it can be seen. */
export function SecretPanel({
  title,
  secret,
  copyLabel = 'Copy the secret',
  children,
  actions,
}: {
  title: string;
  secret: string;
  copyLabel?: string;
  children: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <section className="secret" aria-label={title}>
      <h2>{title}</h2>
      <div>{children}</div>
      <div className="secret-value">
        <code data-testid="secret">{secret}</code>
        <CopyButton text={secret} label={copyLabel} />
      </div>
      {actions !== undefined && <div className="actions">{actions}</div>}
    </section>
  );
}
