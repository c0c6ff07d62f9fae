import type { Answer } from './contract.ts';

/** Where nobody listens: for what is not about delivery. */
export const NOBODY = 'http://127.0.0.1:1111/';

type Post = (
  path: string,
  body: string | Buffer,
  headers?: Record<string, string>,
) => Promise<Answer>;

/** Sends an event to one subscription on one of the ways in. */
export type Send = (
  subscriptionId: string,
  body: string,
  headers?: Record<string, string>,
  eventType?: string,
) => Promise<Answer>;

/** Both ingest paths, for what they have in common. */
export function ingestWays(post: Post): Record<'/ingest/{id}' | '/ingest', Send> {
  return {
    '/ingest/{id}': (id, body, headers = {}, eventType = 'order.created') =>
      post(`/ingest/${id}`, body, { 'x-event-type': eventType, ...headers }),
    '/ingest': (id, body, headers = {}, eventType = 'order.created') =>
      post('/ingest', envelopeOf(id, body, eventType), headers),
  };
}

export function envelopeOf(id: string, body: string, eventType = 'order.created'): string {
  return `{"subscription_id":"${id}","event_type":"${eventType}","body":${body}}`;
}

/** The event's id in the answer of either way. */
export const eventIdOf = (body: any): string => body.event_id ?? body.request_id;
