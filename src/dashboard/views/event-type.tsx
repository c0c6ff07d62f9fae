import { useState } from 'react';

import { api, ask } from '../api/client.ts';
import type { EventType } from '../api/types.ts';
import { JsonBlock } from '../components/code-block.tsx';
import { ConfirmDialog } from '../components/dialog.tsx';
import { EventTypeBadges } from '../components/event-type-badges.tsx';
import { Icon } from '../components/icon.tsx';
import { ErrorNotice, Loading, Notice } from '../components/notice.tsx';
import { Facts, Page, Panel } from '../components/page.tsx';
import { DateTime } from '../components/time.tsx';
import { notify } from '../components/toasts.tsx';
import { IfMay, useCaller } from '../data/caller.tsx';
import { useAction } from '../data/use-action.ts';
import { useEventType } from '../data/use-event-types.ts';
import type { WrittenEventType } from '../event-type-draft.ts';
import { Link, href, navigate, useQuery } from '../router.tsx';

export function EventTypeView({ name }: { name: string }) {
  const [query] = useQuery();
  const { data, error, isLoading, reload } = useEventType(name, query.get('tenant') ?? undefined);
  return (
    <Page
      title={name}
      above={<Link to={href.eventTypes()}>Event types</Link>}
      subtitle={data && <EventTypeBadges type={data.type} />}
      actions={data && <Actions type={data.type} />}
    >
      <ErrorNotice error={error} onRetry={reload} />
      {isLoading && <Loading />}
      {data && <Details written={data} />}
    </Page>
  );
}

function Details({ written: { type, schema, example } }: { written: WrittenEventType }) {
  const { may } = useCaller();
  const { replaced_by: replacedBy } = type;
  return (
    <>
      {type.deprecated && (
        <Notice tone="warn" title="Deprecated">
          Do not rely on it any longer.
          {replacedBy !== null && (
            <>
              {' '}
              In its place: <Link to={href.eventType(replacedBy, type.tenant)}>{replacedBy}</Link>.
            </>
          )}
        </Notice>
      )}
      {type.description !== null && <p className="prose">{type.description}</p>}
      <Facts
        facts={[
          ['Version', type.version],
          ['Tenant', may.seeAllTenants ? type.tenant : null],
          [
            'Deprecated',
            type.deprecated_at && <DateTime key="deprecated" at={type.deprecated_at} />,
          ],
          ['Changed', <DateTime key="changed" at={type.updated_at} />],
        ]}
      />
      <div className="columns columns-even">
        <Panel title="Example">
          {example === '' ? (
            <p className="faint">None was given.</p>
          ) : (
            <JsonBlock text={example} label="Payload" />
          )}
        </Panel>
        <Panel title="Schema">
          {schema === '' ? (
            <p className="faint">None was given: payloads may be anything.</p>
          ) : (
            <JsonBlock text={schema} label="JSON Schema" />
          )}
        </Panel>
      </div>
    </>
  );
}

function Actions({ type }: { type: EventType }) {
  const { name, tenant } = type;
  const [isDeleting, setIsDeleting] = useState(false);
  const { may } = useCaller();
  const named = tenant === 'default' || !may.seeAllTenants ? undefined : tenant;
  return (
    <>
      <IfMay do="change">
        <Link
          className="button primary"
          to={href.newSubscription({ event_types: name, tenant: named })}
        >
          Subscribe
        </Link>
      </IfMay>
      <IfMay do="publish">
        <Link className="button" to={href.publish({ event_type: name, tenant: named })}>
          <Icon name="publish" /> Publish one
        </Link>
      </IfMay>
      <IfMay do="administer">
        <Link className="button" to={href.editEventType(name, tenant)}>
          <Icon name="edit" /> Edit
        </Link>
        <button type="button" className="button danger-quiet" onClick={() => setIsDeleting(true)}>
          <Icon name="trash" /> Delete
        </button>
      </IfMay>
      {isDeleting && <DeleteDialog type={type} onClose={() => setIsDeleting(false)} />}
    </>
  );
}

function DeleteDialog({
  type: { name, tenant },
  onClose,
}: {
  type: EventType;
  onClose: () => void;
}) {
  const remove = useAction(async () => {
    await ask(api.DELETE('/event-types/{name}', { params: { path: { name }, query: { tenant } } }));
    notify('Deleted.');
    navigate(href.eventTypes());
  });
  return (
    <ConfirmDialog
      title="Delete this event type?"
      confirmLabel="Delete it"
      action={remove}
      onClose={onClose}
    >
      <p>
        <code>{name}</code> leaves the catalogue, and its payloads are no longer checked. Events and
        subscriptions do not change. To warn consumers first, deprecate it.
      </p>
    </ConfirmDialog>
  );
}
