import { measure, type Row } from '../measure.ts';
import { startPeer } from '../peer.ts';
import { eventTypes, ONE_PROCESS, onStage, type Bench } from '../stage.ts';
import type { StreamReaderMethods } from '../stream-readers.ts';
import { CLIENTS, SUBSCRIPTIONS } from './saturate.ts';

export const UNWATCHED = 'watched, by nobody';
export const WATCHED = 'watched, by ten readers';

const READERS = 10;

/** What readers of the live stream cost the engine, as fast as it goes. */
export function watched(bench: Bench): Promise<Row[]> {
  const types = eventTypes(SUBSCRIPTIONS);
  const endpoints = types.map((eventType) => ({ eventType }));
  const load = { eventTypes: types, pace: { clients: CLIENTS } };
  return onStage(bench, { programs: ONE_PROCESS, endpoints }, async (stage) => {
    const unwatched = await measure(stage, { name: UNWATCHED, load });
    const readers = startPeer<StreamReaderMethods>(
      new URL('../stream-readers.ts', import.meta.url),
    );
    try {
      await readers.call('open', stage.service.port, READERS);
      const row = await measure(stage, { name: WATCHED, load });
      const received = await readers.call('received');
      if (received.length < READERS) throw new Error('a reader of the stream was dropped');
      bench.say(`each reader was sent ${Math.round(Math.min(...received) / 1_024)} KB or more`);
      return [unwatched, row];
    } finally {
      await readers.stop();
    }
  });
}
