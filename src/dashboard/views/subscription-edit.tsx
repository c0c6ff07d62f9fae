import { api, ask } from '../api/client.ts';
import { ErrorNotice, Loading } from '../components/notice.tsx';
import { Page } from '../components/page.tsx';
import { SubscriptionForm } from '../components/subscription-form.tsx';
import { notify } from '../components/toasts.tsx';
import { loadSubscription } from '../data/load-subscription.ts';
import type { WrittenSubscription } from '../data/load-subscription.ts';
import { rememberSubscriptions, titleOf } from '../data/subscription-names.ts';
import { useAction } from '../data/use-action.ts';
import { useResource } from '../data/use-resource.ts';
import { withTexts } from '../json-text.ts';
import { Link, href, navigate } from '../router.tsx';
import { draftOf, toUpdate } from '../subscription-draft.ts';
import type { SubscriptionDraft } from '../subscription-draft.ts';

export function EditSubscriptionView({ id }: { id: string }) {
  const subscription = useResource(`subscription ${id}`, (signal) => loadSubscription(id, signal));
  return (
    <Page
      title={subscription.data ? `Edit ${titleOf(subscription.data.subscription)}` : 'Edit'}
      above={<Link to={href.subscription(id)}>Subscription</Link>}
    >
      <ErrorNotice error={subscription.error} onRetry={subscription.reload} />
      {subscription.isLoading && <Loading />}
      {subscription.data && <EditForm {...subscription.data} />}
    </Page>
  );
}

function EditForm({ subscription, filter }: WrittenSubscription) {
  const { id } = subscription;
  const initial = draftOf(subscription, filter);
  const save = useAction(async (draft: SubscriptionDraft) => {
    const { body, texts } = toUpdate(initial, draft);
    if (Object.keys({ ...body, ...texts }).length > 0) {
      const saved = await ask(
        api.PATCH('/subscriptions/{id}', {
          params: { path: { id } },
          body,
          bodySerializer: (own) => withTexts(own, texts),
        }),
      );
      rememberSubscriptions([saved]);
      notify('Saved. Attempts from now on use it.');
    }
    navigate(href.subscription(id));
  });
  return (
    <SubscriptionForm
      initial={initial}
      action={save}
      isNew={false}
      submitLabel="Save"
      cancel={
        <Link className="button" to={href.subscription(id)}>
          Cancel
        </Link>
      }
    />
  );
}
