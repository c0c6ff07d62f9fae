import type { Service } from './service.ts';

/** Where deliveries of tests go that never send any. */
export const TARGET = 'https://receiver.example/hooks';

/** Ids, and names, of things of one tenant. */
export type Fixtures = {
  subscription: string;
  event: string;
  delivery: string;
  apiKey: string;
  eventType: string;
  replay: string;
  tenant: string;
  portalSession: string;
};

/** Something of each kind that ids lead to, all of one tenant. */
export async function createFixtures(
  { call }: Pick<Service, 'call'>,
  headers: Record<string, string>,
  tenant: string,
  targetUrl = TARGET,
): Promise<Fixtures> {
  const subscription = await call('POST', '/subscriptions', {
    headers,
    json: { target_url: targetUrl, tenant },
  });
  const { body } = await call('POST', `/ingest/${subscription.body.id}`, { headers, json: {} });
  const apiKey = await call('POST', '/api-keys', { headers, json: { scopes: ['read'], tenant } });
  const session = await call('POST', `/tenants/${tenant}/portal-session`, { headers });
  const replay = await call('POST', `/subscriptions/${subscription.body.id}/replay`, {
    headers,
    json: {},
  });
  const eventType = `fixtures.${tenant}`;
  await call('POST', '/event-types', { headers, json: { name: eventType, tenant } });
  return {
    eventType,
    replay: replay.body.id,
    subscription: subscription.body.id,
    event: body.event_id,
    delivery: body.delivery_id,
    apiKey: apiKey.body.id,
    tenant,
    portalSession: session.body.id,
  };
}

/** The id that a path leads to. A new kind of path has to be named here. */
export function idIn(path: string, fixtures: Fixtures): string {
  const kinds: [RegExp, keyof Fixtures][] = [
    [/^\/subscriptions\/|^\/ingest\/|^\/status\/subscription\//, 'subscription'],
    [/^\/events\/|^\/status\/request\//, 'event'],
    [/^\/deliveries\//, 'delivery'],
    [/^\/api-keys\//, 'apiKey'],
    [/^\/replays\//, 'replay'],
    [/^\/tenants\//, 'tenant'],
    [/^\/portal-sessions\//, 'portalSession'],
    [/^\/event-types\//, 'eventType'],
  ];
  const [, kind] = kinds.find(([pattern]) => pattern.test(path)) ?? [];
  if (kind === undefined) throw new Error(`which id does ${path} take?`);
  return fixtures[kind];
}
