import { useState } from 'react';

import { api, ask } from '../api/client.ts';
import type { SubscriptionWithSecret } from '../api/types.ts';
import { Page } from '../components/page.tsx';
import { SecretPanel } from '../components/secret-panel.tsx';
import { SubscriptionForm } from '../components/subscription-form.tsx';
import { IfMay, useCaller } from '../data/caller.tsx';
import { rememberSubscriptions, titleOf } from '../data/subscription-names.ts';
import { useAction } from '../data/use-action.ts';
import { withTexts } from '../json-text.ts';
import { Link, href, useQuery } from '../router.tsx';
import { emptyDraft, toCreate } from '../subscription-draft.ts';
import type { SubscriptionDraft } from '../subscription-draft.ts';

export function NewSubscriptionView() {
  const [query] = useQuery();
  const { isPortal } = useCaller();
  const [created, setCreated] = useState<SubscriptionWithSecret>();
  const create = useAction(async (draft: SubscriptionDraft) => {
    const { body, texts } = toCreate(draft, { isPortal });
    const subscription = await ask(
      api.POST('/subscriptions', { body, bodySerializer: (own) => withTexts(own, texts) }),
    );
    rememberSubscriptions([subscription]);
    setCreated(subscription);
    window.scrollTo(0, 0);
  });
  const above = <Link to={href.subscriptions()}>Subscriptions</Link>;
  if (created !== undefined) {
    return (
      <Page title={`${titleOf(created)} is ready`} above={above}>
        <SecretPanel
          title="Its signing secret"
          secret={created.secret}
          actions={
            <>
              <Link className="button primary" to={href.subscription(created.id)}>
                View the subscription
              </Link>
              <IfMay do="publish">
                <Link className="button" to={href.publish()}>
                  Publish an event
                </Link>
              </IfMay>
            </>
          }
        >
          <p>
            Give it to the receiver, which verifies deliveries with it. It is shown this once: copy
            it now.
          </p>
        </SecretPanel>
      </Page>
    );
  }
  return (
    <Page title="New subscription" above={above}>
      <SubscriptionForm
        initial={emptyDraft({
          name: query.get('name') ?? '',
          targetUrl: query.get('target_url') ?? '',
          eventTypes: query.get('event_types') ?? '',
          tenant: query.get('tenant') ?? '',
        })}
        action={create}
        isNew
        submitLabel="Create the subscription"
        cancel={
          <Link className="button" to={href.subscriptions()}>
            Cancel
          </Link>
        }
      />
    </Page>
  );
}
