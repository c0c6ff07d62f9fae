import type { IncomingHttpHeaders } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyRequest } from 'fastify';
import { AppError } from '../base/errors.ts';
import { createEventId } from '../ids/event-id.ts';
import type { Handlers } from '../http/contract.ts';
import { toTestWebhookResource } from './test-receiver.resource.ts';
import type { TestReceiver } from './test-receiver.ts';

type TestReceiverHandlers = Pick<Handlers, 'receiveTestWebhook' | 'listTestWebhooks'>;

/** @param deps.receiver absent where the test receiver is switched off */
export function testReceiverHandlers(deps: {
  receiver: TestReceiver | undefined;
}): TestReceiverHandlers {
  function receiver(): TestReceiver {
    if (deps.receiver !== undefined) return deps.receiver;
    throw new AppError('not_found', 'The test receiver is switched off (TEST_RECEIVER).');
  }

  return {
    async receiveTestWebhook({ query, body, request }) {
      const { status = 200, delay_ms: delayMs = 0 } = query;
      const id = createEventId(Date.now());
      receiver().keep({
        id,
        receivedAt: new Date(),
        status,
        headers: flatten(request.headers),
        body,
      });
      if (delayMs > 0) await waitUnlessGone(request, delayMs);
      if (status === 204 || status === 205 || status === 304) return { status };
      return { status, body: { id } };
    },

    listTestWebhooks({ query }) {
      const data = receiver()
        .list(query.limit ?? 50)
        .map(toTestWebhookResource);
      return { status: 200, body: { data, next_cursor: null } };
    },
  };
}

/** A sender that has given up does not keep the request alive, nor a closing process waiting. */
async function waitUnlessGone(request: FastifyRequest, delayMs: number): Promise<void> {
  const gone = new AbortController();
  const onClose = () => gone.abort();
  request.raw.socket.once('close', onClose);
  try {
    await delay(delayMs, undefined, { signal: gone.signal });
  } catch {
    // nobody is left to wait for
  } finally {
    request.raw.socket.off('close', onClose);
  }
}

function flatten(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, [value ?? ''].flat().join(', ')]),
  );
}
