import { buildRequest, type Addressee } from '../../attempts/delivery-request.ts';
import { createEventId } from '../../ids/event-id.ts';
import type { AddressGuard } from '../../sender/address-guard.ts';
import { createSender, type SendOutcome } from '../../sender/sender.ts';
import { ApiError, JSON_TYPE, type ApiClient } from '../api-client.ts';
import { pause, waitAfter } from '../until-stopped.ts';
import type { ListedEvent } from './event-feed.ts';
import type { Link } from './link.ts';

/** The result of one request; `nextInMs` when it is made again. */
export type Forwarded = {
  readonly event: ListedEvent;
  readonly attempt: number;
  readonly outcome: SendOutcome;
  readonly nextInMs: number | undefined;
};

export type ForwarderOptions = {
  readonly target: Addressee;
  readonly userAgent: string;
  readonly timeoutMs: number;
  /** How often to try again while there is no answer; any answer is one, also 500. */
  readonly retries: number;
  readonly signal: AbortSignal;
  readonly link: Link;
  readonly onForwarded: (forwarded: Forwarded) => void;
};

export type Forwarder = {
  /**
   * Fetches the payload and sends it, as a delivery to a subscription would be. Resolves when that
   * has been answered or given up. Undefined: the event is not kept any more, or it was stopped.
   */
  forward(event: ListedEvent): Promise<SendOutcome | undefined>;
  /** Gives what is under way a moment. */
  close(): Promise<void>;
};

const FIRST_WAIT_MS = 1_000;
const PAYLOAD_TIMEOUT_MS = 10_000;
const CLOSE_GRACE_MS = 2_000;

/** The user of the command names the target, so none is refused. */
const OPEN_GUARD: AddressGuard = {
  checkUrl: (url) => ({ ok: true, url: new URL(url) }),
  checkAddress: () => ({ ok: true }),
};

export function createForwarder(api: ApiClient, options: ForwarderOptions): Forwarder {
  const { target, timeoutMs, retries, signal, link, onForwarded } = options;
  const sender = createSender({ guard: OPEN_GUARD, userAgent: options.userAgent });

  return {
    async forward(event) {
      const payload = await fetchPayload(api, event.id, { signal, link });
      if (payload === undefined) return undefined;
      const deliveryId = createEventId(Date.now());
      for (let attempt = 1; !signal.aborted; attempt++) {
        const outcome = await sender.send(
          buildRequest(target, {
            deliveryId,
            eventId: event.id,
            eventType: event.event_type,
            attemptNumber: attempt,
            payload,
            headers: null,
            timestampSeconds: Math.floor(Date.now() / 1_000),
            deadlineMs: timeoutMs,
          }),
        );
        if (outcome.kind === 'cancelled') return undefined;
        const isOver = outcome.kind === 'responded' || attempt > retries;
        const nextInMs = isOver ? undefined : FIRST_WAIT_MS * 2 ** (attempt - 1);
        onForwarded({ event, attempt, outcome, nextInMs });
        if (nextInMs === undefined) return outcome;
        await pause(nextInMs, signal);
      }
      return undefined;
    },
    close: () => sender.close(CLOSE_GRACE_MS),
  };
}

/** Asks until the server answers. Undefined when it has the event no more, or when stopped. */
async function fetchPayload(
  api: ApiClient,
  id: string,
  { signal, link }: Pick<ForwarderOptions, 'signal' | 'link'>,
): Promise<string | undefined> {
  for (let failures = 1; !signal.aborted; failures++) {
    try {
      const bytes = await api.read(`/events/${id}/payload`, JSON_TYPE, {
        signal: AbortSignal.any([signal, AbortSignal.timeout(PAYLOAD_TIMEOUT_MS)]),
      });
      link.worked();
      return bytes.toString();
    } catch (error) {
      if (signal.aborted) return undefined;
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 404 && !error.isForeign) return undefined;
      if (!error.isTemporary) throw error;
      link.failed(error);
      await pause(waitAfter(failures, error.retryAfterMs), signal);
    }
  }
  return undefined;
}
