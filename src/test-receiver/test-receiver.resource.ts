import type { components } from '../openapi/generated.ts';
import type { ReceivedRequest } from './test-receiver.ts';

type TestWebhookResource = components['schemas']['TestWebhook'];

export function toTestWebhookResource(request: ReceivedRequest): TestWebhookResource {
  const { id, receivedAt, status, headers, body } = request;
  return {
    id,
    received_at: receivedAt.toISOString(),
    status,
    headers: { ...headers },
    body: body.toString(),
    body_bytes: body.length,
  };
}
