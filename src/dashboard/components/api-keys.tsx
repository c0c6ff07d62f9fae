import { useState } from 'react';
import type { FormEvent } from 'react';

import { api, ask } from '../api/client.ts';
import type { ApiError } from '../api/client.ts';
import { signIn, useSession } from '../api/session.ts';
import type { ApiKey, ApiKeyScope } from '../api/types.ts';
import { useAction } from '../data/use-action.ts';
import { keyOf } from '../data/use-list-filters.ts';
import { useResource } from '../data/use-resource.ts';
import { Badge } from './badge.tsx';
import { ConfirmDialog, Dialog } from './dialog.tsx';
import { Field, errorsAt } from './field.tsx';
import { Icon } from './icon.tsx';
import { ErrorNotice, Notice } from './notice.tsx';
import { Panel } from './page.tsx';
import { SecretPanel } from './secret-panel.tsx';
import { TextField } from './text-field.tsx';
import { RelativeTime } from './time.tsx';

/** The API keys. Nothing where the server manages no keys or this one may not see them. */
export function ApiKeysPanel() {
  const keys = useResource('api keys', (signal) =>
    ask(api.GET('/api-keys', { params: { query: { limit: 200 } }, signal })),
  );
  const [isAdding, setIsAdding] = useState(false);
  const [revoked, setRevoked] = useState<ApiKey>();
  if (keys.data === undefined) return null;
  return (
    <Panel
      title="API keys"
      actions={
        <button type="button" className="button small" onClick={() => setIsAdding(true)}>
          <Icon name="plus" /> New key
        </button>
      }
    >
      {keys.data.data.length === 0 && (
        <p className="faint">
          None. Without a key the API answers on loopback only, and asks for none.
        </p>
      )}
      <ul className="keys">
        {keys.data.data.map((key) => (
          <li key={key.id}>
            <strong>{key.name ?? 'Unnamed'}</strong> <code>{key.prefix}…</code>
            {key.scopes.map((scope) => (
              <Badge key={scope} tone={scope === 'admin' ? 'held' : 'none'}>
                {scope}
              </Badge>
            ))}
            <span className="faint">{key.tenant ?? 'all tenants'}</span>
            <span className="faint">
              {key.last_used_at === null ? (
                'never used'
              ) : (
                <>
                  used <RelativeTime at={key.last_used_at} />
                </>
              )}
            </span>
            {key.expires_at !== null && (
              <span className="faint">
                ends <RelativeTime at={key.expires_at} />
              </span>
            )}
            <button
              type="button"
              className="button small danger-quiet"
              onClick={() => setRevoked(key)}
            >
              Revoke
            </button>
          </li>
        ))}
      </ul>
      {isAdding && <NewKeyDialog onClose={() => setIsAdding(false)} onChange={keys.reload} />}
      {revoked !== undefined && (
        <RevokeDialog
          apiKey={revoked}
          onClose={() => setRevoked(undefined)}
          onChange={keys.reload}
        />
      )}
    </Panel>
  );
}

interface DialogProps {
  onClose: () => void;
  onChange: () => void;
}

function RevokeDialog({ apiKey, onClose, onChange }: DialogProps & { apiKey: ApiKey }) {
  const revoke = useAction(async () => {
    await ask(api.DELETE('/api-keys/{id}', { params: { path: { id: apiKey.id } } }));
    onChange();
    onClose();
  });
  return (
    <ConfirmDialog
      title="Revoke this key?"
      confirmLabel="Revoke it"
      action={revoke}
      onClose={onClose}
    >
      <p>
        Requests with <code>{apiKey.prefix}…</code> are refused from now on.
      </p>
    </ConfirmDialog>
  );
}

function NewKeyDialog({ onClose, onChange }: DialogProps) {
  const [name, setName] = useState('');
  const [tenant, setTenant] = useState('');
  const { apiKey } = useSession();
  // From the first key on every request needs one: it must be one that this page can continue with.
  const isFirst = apiKey === null;
  const [scope, setScope] = useState<ApiKeyScope>(isFirst ? 'admin' : 'publish');
  const [made, setMade] = useState<string>();
  const [notices, setNotices] = useState<readonly string[]>([]);
  const create = useAction(async () => {
    const body = { name: name.trim() || null, tenant: tenant.trim() || null, scopes: [scope] };
    const created = await ask(api.POST('/api-keys', { body }));
    if (isFirst) signIn(created.key);
    setMade(created.key);
    setNotices(created.notices ?? []);
    onChange();
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void create.run();
  };
  if (made !== undefined) {
    return (
      <Dialog title="The new key" onClose={onClose}>
        <SecretPanel
          title="API key"
          secret={made}
          actions={
            <button type="button" className="button" onClick={onClose}>
              Done
            </button>
          }
        >
          <p>
            It is shown only once: copy it now.
            {scope === 'admin' && apiKey === made && ' This tab is signed in with it.'}
          </p>
        </SecretPanel>
        {notices.length > 0 && (
          <Notice tone="warn" title="Consequences of the first key">
            {notices.map((notice) => (
              <p key={notice}>{notice}</p>
            ))}
          </Notice>
        )}
      </Dialog>
    );
  }
  return (
    <Dialog title="New API key" onClose={onClose}>
      <form className="form" onSubmit={submit} noValidate>
        {isFirst && (
          <Notice tone="warn" title="Creating the first key turns authentication on">
            From then on every request needs a key. This one may do everything, and this tab
            continues with it.
          </Notice>
        )}
        <TextField
          label="Name"
          errors={errorsAt(create.error, '/name')}
          value={name}
          onChange={setName}
        />
        {!isFirst && (
          <ScopeFields
            tenant={tenant}
            scope={scope}
            error={create.error}
            onTenant={setTenant}
            onScope={setScope}
          />
        )}
        <ErrorNotice error={create.error} />
        <div className="actions dialog-actions">
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="button primary" disabled={create.isRunning}>
            Create the key
          </button>
        </div>
      </form>
    </Dialog>
  );
}

const SCOPES: Readonly<Record<ApiKeyScope, string>> = {
  publish: 'publish events',
  read: 'read',
  admin: 'do everything',
};

function ScopeFields({
  tenant,
  scope,
  error,
  onTenant,
  onScope,
}: {
  tenant: string;
  scope: ApiKeyScope;
  error: ApiError | undefined;
  onTenant: (tenant: string) => void;
  onScope: (scope: ApiKeyScope) => void;
}) {
  return (
    <>
      <TextField
        label="Tenant"
        hint="Empty: every tenant."
        errors={errorsAt(error, '/tenant')}
        isOptional
        value={tenant}
        onChange={onTenant}
      />
      <Field label="May" errors={errorsAt(error, '/scopes')}>
        {(control) => (
          <select
            {...control}
            value={scope}
            onChange={(event) => onScope(keyOf(SCOPES, event.target.value) ?? scope)}
          >
            {Object.entries(SCOPES).map(([value, name]) => (
              <option key={value} value={value}>
                {name}
              </option>
            ))}
          </select>
        )}
      </Field>
    </>
  );
}
