import { api, ask } from '../api/client.ts';
import type { Subscription } from '../api/types.ts';
import { ErrorNotice, Loading } from '../components/notice.tsx';
import { Page } from '../components/page.tsx';
import { SubscriptionForm } from '../components/subscription-form.tsx';
import { notify } from '../components/toasts.tsx';
import { rememberSubscriptions, titleOf } from '../data/subscription-names.ts';
import { useAction } from '../data/use-action.ts';
import { useResource } from '../data/use-resource.ts';
import { Link, href, navigate } from '../router.tsx';
import { draftOf, toUpdate } from '../subscription-draft.ts';
import type { SubscriptionDraft } from '../subscription-draft.ts';

export function EditSubscriptionView({ id }: { id: string }) {
  const subscription = useResource(`subscription ${id}`, (signal) =>
    ask(api.GET('/subscriptions/{id}', { params: { path: { id } }, signal })),
  );
  return (
    <Page
      title={subscription.data ? `Edit ${titleOf(subscription.data)}` : 'Edit'}
      above={<Link to={href.subscription(id)}>Subscription</Link>}
    >
      <ErrorNotice error={subscription.error} onRetry={subscription.reload} />
      {subscription.isLoading && <Loading />}
      {subscription.data && <EditForm subscription={subscription.data} />}
    </Page>
  );
}

function EditForm({ subscription }: { subscription: Subscription }) {
  const { id } = subscription;
  const initial = draftOf(subscription);
  const save = useAction(async (draft: SubscriptionDraft) => {
    const body = toUpdate(initial, draft);
    if (Object.keys(body).length > 0) {
      const saved = await ask(api.PATCH('/subscriptions/{id}', { params: { path: { id } }, body }));
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
