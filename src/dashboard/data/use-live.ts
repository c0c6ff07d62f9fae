import { useEffect, useRef, useState } from 'react';

import { api, refusalOf } from '../api/client.ts';
import type { ApiError } from '../api/client.ts';
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
  /** Why the server will not be followed, which trying again does not change. */
  error: ApiError | undefined;
}

/** Calls `onEntries` with what happens from now on, newest last. */
export function useLive(filters: StreamFilters, onEntries: (entries: LiveEntry[]) => void): Live {
  const [mode, setMode] = useState<LiveMode>('connecting');
  const [skipped, setSkipped] = useState(0);
  const [error, setError] = useState<ApiError>();
  const latest = useRef({ filters, onEntries });
  latest.current = { filters, onEntries };
  const key = JSON.stringify(filters);

  useEffect(() => {
    const controller = new AbortController();
    const emit = (entries: LiveEntry[]) => {
      if (entries.length > 0 && !controller.signal.aborted) latest.current.onEntries(entries);
    };
    setMode('connecting');
    setSkipped(0);
    setError(undefined);
    const onSkipped = (count: number) => setSkipped((before) => before + count);
    void follow(latest.current.filters, controller.signal, { emit, setMode, onSkipped, setError });
    return () => controller.abort();
  }, [key]);
  return { mode, skipped, error };
}

interface Listener {
  emit: (entries: LiveEntry[]) => void;
  setMode: (mode: LiveMode) => void;
  onSkipped: (count: number) => void;
  setError: (error: ApiError) => void;
}

/** Reads `/stream` until aborted; when it breaks off, resumes where it left off. */
async function follow(
  filters: StreamFilters,
  signal: AbortSignal,
  { emit, setMode, onSkipped, setError }: Listener,
): Promise<void> {
  let lastEventId = '';
  let backoffMs = 500;
  while (!signal.aborted) {
    try {
      const { response, error } = await api.GET('/stream', {
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
            onSkipped(skippedOf(message.data));
          } else {
            emit(entryOf(message.event, message.data));
          }
        }
      } else if (isRefusal(response)) {
        return setError(refusalOf(response, error));
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

/** Whether asking again would be answered the same. */
function isRefusal({ status }: Response): boolean {
  return status >= 400 && status < 500 && status !== 408 && status !== 429;
}

/** Null stands for more than could be counted. */
function skippedOf(data: string): number {
  const said: unknown = JSON.parse(data);
  return isObject(said) && 'count' in said && typeof said.count === 'number' ? said.count : 5_000;
}

function entryOf(event: string, data: string): LiveEntry[] {
  const said: unknown = JSON.parse(data);
  if (event === 'attempt' && isAttempt(said)) return [fromAttempt(said)];
  return event === 'delivery' && isDelivery(said) ? [fromDelivery(said)] : [];
}

// The stream is text to OpenAPI: what makes a message what it says it is has to be looked for.
function isAttempt(said: unknown): said is StreamedAttempt {
  return isObject(said) && 'attempt_number' in said && 'delivery_id' in said;
}

function isDelivery(said: unknown): said is Delivery {
  return isObject(said) && 'attempt_count' in said && 'id' in said;
}

function isObject(said: unknown): said is object {
  return typeof said === 'object' && said !== null;
}

function fromAttempt(attempt: StreamedAttempt): LiveEntry {
  return {
    key: `${attempt.delivery_id} ${attempt.attempt_number}`,
    at: attempt.started_at,
    deliveryId: attempt.delivery_id,
    subscriptionId: attempt.subscription_id,
    eventType: attempt.event_type,
    delivery: undefined,
    attempt,
    attemptCount: attempt.attempt_number,
  };
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
