import type { Delivery } from '../api/types.ts';
import { testFilter } from '../data/test-filter.ts';
import { useResource } from '../data/use-resource.ts';
import { FilterExplanation } from './filter-explanation.tsx';
import { ErrorNotice, Loading } from './notice.tsx';
import { Panel } from './page.tsx';

/** Why a filter did not let an event through, as far as the filter is still the same. */
export function FilterVerdict({ delivery }: { delivery: Delivery }) {
  const { subscription_id, event_id } = delivery;
  const result = useResource(`verdict ${delivery.id}`, (signal) =>
    testFilter({ subscription_id, event_id }, {}, signal),
  );
  return (
    <Panel title="The filter">
      <ErrorNotice error={result.error} onRetry={result.reload} />
      {result.isLoading && <Loading />}
      {result.data?.matches === true && (
        <p>The filter has been changed since: as it is now, it would let the event through.</p>
      )}
      {result.data && <FilterExplanation outcome={result.data} />}
    </Panel>
  );
}
