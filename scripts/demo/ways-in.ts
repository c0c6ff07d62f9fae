import { sign } from '@octokit/webhooks-methods';
import type { Pool } from 'pg';
import type { Payload } from './payloads.ts';
import type { Service } from './service.ts';

/** The subscription that a publishing endpoint feeds. Each has a tenant of its own, so that they stay apart. */
export type Target = { readonly id: string; readonly tenant: string; readonly secret: string };

export type WayIn = {
  readonly name: string;
  readonly tenant: string;
  /** How many payloads go into one request. */
  readonly batchSize: number;
  /** Resolves with an event id for each payload once they are accepted. */
  readonly send: (target: Target, payloads: readonly Payload[]) => Promise<string[]>;
};

/** Every way an event can come in. Bodies are put together as text, so that payloads stay as they are. */
export function waysIn({ call }: Service, database: Pool): WayIn[] {
  return [
    {
      name: 'POST /ingest/{id}',
      tenant: 'ingest',
      batchSize: 1,
      async send({ id, secret }, [payload]) {
        const { eventType, text } = payload as Payload;
        const signature = await sign(secret, text);
        const headers = { 'x-event-type': eventType, 'x-hub-signature-256': signature };
        const receipt = await call(`/ingest/${id}`, { body: text, headers });
        return [(receipt as { event_id: string }).event_id];
      },
    },
    {
      name: 'POST /ingest',
      tenant: 'envelope',
      batchSize: 1,
      async send({ id, secret }, [payload]) {
        const { eventType, text } = payload as Payload;
        const body = `{"subscription_id":"${id}","event_type":"${eventType}","body":${text}}`;
        const headers = { 'x-webhook-signature': await sign(secret, body) };
        const receipt = await call('/ingest', { body, headers });
        return [(receipt as { request_id: string }).request_id];
      },
    },
    {
      name: 'POST /events',
      tenant: 'events',
      batchSize: 1,
      async send({ tenant }, [payload]) {
        const receipt = await call('/events', { body: toEvent(tenant, payload as Payload) });
        return [(receipt as { id: string }).id];
      },
    },
    {
      name: 'POST /events, batches',
      tenant: 'batches',
      batchSize: 20,
      async send({ tenant }, payloads) {
        const events = payloads.map((payload) => toEvent(tenant, payload));
        const receipt = await call('/events', { body: `[${events.join(',')}]` });
        return (receipt as { data: { id: string }[] }).data.map(({ id }) => id);
      },
    },
    {
      name: 'select posthorn.publish()',
      tenant: 'sql',
      batchSize: 1,
      async send({ tenant }, [payload]) {
        const { eventType, text } = payload as Payload;
        const { rows } = await database.query<{ id: string }>(
          'select posthorn.publish($1, $2, tenant => $3) as id',
          [eventType, text, tenant],
        );
        return rows.map(({ id }) => id);
      },
    },
  ];
}

function toEvent(tenant: string, { eventType, text }: Payload): string {
  return `{"tenant":"${tenant}","event_type":"${eventType}","payload":${text}}`;
}
