export { createClient, type Client } from './client.ts';
export { ApiError, ConnectionError, PosthornError, TimeoutError } from './errors.ts';
export { createHttp, type CallOptions, type ClientOptions, type Http } from './http.ts';
export type { StreamEvent } from './stream.ts';
export {
  verifyHubSignature,
  verifyWebhook,
  WebhookVerificationError,
  type VerificationFault,
  type VerifyOptions,
  type VerifyWebhookOptions,
  type Webhook,
  type WebhookHeaders,
} from './webhooks.ts';
export * from './generated/resources.ts';
export type * from './generated/types.ts';
