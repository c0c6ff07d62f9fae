import { useEffect, useRef, useState } from 'react';

import { api } from '../api/client.ts';
import { readEventStream } from '../api/event-stream.ts';
import type { Attempt, Delivery, StreamFilters } from '../api/types.ts';

/** Something that has just happened: an attempt, or a delivery come into another state. */
export interface LiveEntry {
  key: string;
  at: string;
  deliveryId: string;
  subscriptionId: string;
  eventType: string;
  delivery: Pick<Delivery, 'status' | 'reason'> | undefined;
  attempt: Attempt | undefined;
  attemptCount: number;
}

export type LiveMode = 'connecting' | 'streaming' | 'lost';

type StreamedAttempt = Attempt & {
  subscription_id: string;
  event_id: string;
  event_type: string;
  tenant: string;
};

const MAX_BACKOFF_MS = 15_000;

export interface Live {
  mode: LiveMode;
  /** How many the server has left out, since they came faster than they could be followed. */
  skipped: number;
}

/** Calls `onEntries` with what happens from now on, newest last. */
export function useLive(filters: StreamFilters, onEntries: (entries: LiveEntry[]) => void): Live {
  const [mode, setMode] = useState<LiveMode>('connecting');
  const [skipped, setSkipped] = useState(0);
  const latest = useRef(onEntries);
  latest.current = onEntries;
  const key = JSON.stringify(filters);

  useEffect(() => {
    const controller = new AbortController();
    const emit = (entries: LiveEntry[]) => {
      if (entries.length > 0 && !controller.signal.aborted) latest.current(entries);
    };
    const own = JSON.parse(key) as StreamFilters;
    setMode('connecting');
    setSkipped(0);
    const onSkipped = (count: number) => setSkipped((before) => before + count);
    void follow(own, controller.signal, { emit, setMode, onSkipped });
    return () => controller.abort();
  }, [key]);
  return { mode, skipped };
}

interface Listener {
  emit: (entries: LiveEntry[]) => void;
  setMode: (mode: LiveMode) => void;
  onSkipped: (count: number) => void;
}

/** Reads `/stream` until aborted; when it breaks off, goes on where it was. */
async function follow(
  filters: StreamFilters,
  signal: AbortSignal,
  { emit, setMode, onSkipped }: Listener,
): Promise<void> {
  let lastEventId = '';
  let backoffMs = 500;
  while (!signal.aborted) {
    try {
      const { response } = await api.GET('/stream', {
        params: {
          query: filters,
          header: lastEventId === '' ? {} : { 'Last-Event-ID': lastEventId },
        },
        parseAs: 'stream',
        signal,
      });
      if (response.ok && response.body !== null) {
        setMode('streaming');
        backoffMs = 500;
        for await (const message of readEventStream(response.body)) {
          lastEventId = message.lastEventId || lastEventId;
          if (message.event === 'skipped') {
            // Null: more than could be counted.
            onSkipped((JSON.parse(message.data) as { count: number | null }).count ?? 5_000);
          } else {
            emit(entryOf(message.event, message.data));
          }
        }
      }
    } catch {
      // Broken off or not reachable: both end in another try.
    }
    if (signal.aborted) return;
    setMode('lost');
    await new Promise((resolve) => setTimeout(resolve, backoffMs));
    backoffMs = Math.min(backoffMs * 2, MAX_BACKOFF_MS);
  }
}

function entryOf(event: string, data: string): LiveEntry[] {
  if (event === 'attempt') {
    const attempt = JSON.parse(data) as StreamedAttempt;
    return [
      {
        key: `${attempt.delivery_id} ${attempt.attempt_number}`,
        at: attempt.started_at,
        deliveryId: attempt.delivery_id,
        subscriptionId: attempt.subscription_id,
        eventType: attempt.event_type,
        delivery: undefined,
        attempt,
        attemptCount: attempt.attempt_number,
      },
    ];
  }
  return event === 'delivery' ? [fromDelivery(JSON.parse(data) as Delivery)] : [];
}

function fromDelivery(delivery: Delivery): LiveEntry {
  const at = new Date().toISOString();
  const { id, status, reason, attempt_count } = delivery;
  return {
    key: `${id} ${status} ${reason} ${attempt_count} ${at}`,
    at: delivery.completed_at ?? at,
    deliveryId: id,
    subscriptionId: delivery.subscription_id,
    eventType: delivery.event_type,
    delivery: { status, reason },
    attempt: undefined,
    attemptCount: attempt_count,
  };
}
