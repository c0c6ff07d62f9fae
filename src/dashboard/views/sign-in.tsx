import { useState } from 'react';
import type { FormEvent } from 'react';

import { api } from '../api/client.ts';
import { signIn, useSession } from '../api/session.ts';
import { Field } from '../components/field.tsx';
import { Logo } from '../components/icon.tsx';

/** Asks for an API key, tries it, and keeps it for this tab. */
export function SignInView() {
  const { apiKey } = useSession();
  const [draft, setDraft] = useState('');
  const [error, setError] = useState(
    apiKey === null ? undefined : 'The key that was used here is no longer accepted.',
  );
  const [isTrying, setIsTrying] = useState(false);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const candidate = draft.trim();
    if (!/^[!-~]+$/.test(candidate)) {
      setError('An API key is printable characters without spaces.');
      return;
    }
    setIsTrying(true);
    const fault = await tryKey(candidate);
    setIsTrying(false);
    if (fault === undefined) signIn(candidate);
    else setError(fault);
  };

  return (
    <main className="sign-in">
      <form className="sign-in-card" onSubmit={(event) => void submit(event)}>
        <div className="sign-in-brand">
          <Logo /> Posthorn
        </div>
        <h1>Sign in</h1>
        <p className="faint">
          This server asks for an API key. It is kept in this tab only, and forgotten when the tab
          is closed.
        </p>
        <Field label="API key" errors={error === undefined ? [] : [error]}>
          {(control) => (
            <input
              {...control}
              type="password"
              name="api-key"
              autoComplete="current-password"
              autoFocus
              value={draft}
              onChange={(event) => {
                setDraft(event.target.value);
                setError(undefined);
              }}
            />
          )}
        </Field>
        <button type="submit" className="button primary" disabled={isTrying || draft === ''}>
          {isTrying ? 'Signing in…' : 'Sign in'}
        </button>
        <p className="hint">
          Reading needs a key of scope <code>read</code>; publishing needs <code>publish</code>;
          creating, retrying and cancelling need <code>admin</code>.
        </p>
      </form>
    </main>
  );
}

async function tryKey(apiKey: string): Promise<string | undefined> {
  try {
    const { error, response } = await api.GET('/subscriptions', {
      params: { query: { limit: 1 } },
      headers: { authorization: `Bearer ${apiKey}` },
    });
    if (response.status === 401)
      return 'This key is unknown. Check it, or create one with posthorn keys create.';
    // A key that may not read may still publish.
    return response.ok || response.status === 403 ? undefined : error?.detail;
  } catch {
    return 'The server does not answer.';
  }
}
