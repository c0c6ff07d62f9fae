import { api, ask } from '../api/client.ts';
import { useResource } from '../data/use-resource.ts';
import { JsonBlock } from './code-block.tsx';
import { ErrorNotice, Loading } from './notice.tsx';

/** The payload of an event, exactly as it was received. */
export function Payload({ eventId }: { eventId: string }) {
  const payload = useResource(`payload ${eventId}`, async (signal) => {
    const text = await ask(
      api.GET('/events/{id}/payload', {
        params: { path: { id: eventId } },
        parseAs: 'text',
        signal,
      }),
    );
    return String(text);
  });
  if (payload.isLoading) return <Loading />;
  if (payload.data === undefined)
    return <ErrorNotice error={payload.error} onRetry={payload.reload} />;
  return <JsonBlock text={payload.data} label="Payload" />;
}
