import { tenantFor } from '../access/tenant.ts';
import { decodeIdCursor, page } from '../paging/pagination.ts';
import { parseTimestamp } from '../paging/timestamp.ts';
import type { Handlers, InputOf } from '../http/contract.ts';
import { exactBody } from '../http/json-body.ts';
import { toReplayResource } from './replay.resource.ts';
import type { Steer } from './replay.ts';
import type { ReplayRequest, ReplayService } from './replays.service.ts';

type ReplayHandlers = Pick<
  Handlers,
  | 'replaySubscription'
  | 'listReplays'
  | 'getReplay'
  | 'pauseReplay'
  | 'resumeReplay'
  | 'cancelReplay'
>;

export function replayHandlers({ replays }: { replays: ReplayService }): ReplayHandlers {
  const steer =
    (how: Steer) =>
    async ({ params, principal }: InputOf<'pauseReplay'>) => ({
      status: 200 as const,
      body: toReplayResource(await replays.steer(principal.tenant, params.id, how)),
    });

  return {
    async replaySubscription(input) {
      const { params, body, principal } = input;
      const request = readRequest(input);
      if (body.dry_run === true) {
        return { status: 200, body: await replays.count(principal.tenant, params.id, request) };
      }
      const replay = await replays.begin(principal.tenant, params.id, request);
      return {
        status: 202,
        headers: { Location: `/replays/${replay.id}` },
        body: toReplayResource(replay),
      };
    },

    async listReplays({ query, principal }) {
      const { limit, cursor, subscription_id: subscriptionId, status } = query;
      const tenant = tenantFor(principal, query.tenant, '/query/tenant');
      const rows = await replays.list(
        { tenant, subscriptionId, status },
        { limit: limit + 1, beforeId: decodeIdCursor(cursor) },
      );
      const { data, next_cursor } = page(rows, limit, ({ id }) => [id]);
      return { status: 200, body: { data: data.map(toReplayResource), next_cursor } };
    },

    async getReplay({ params, principal }) {
      const replay = await replays.get(principal.tenant, params.id);
      return { status: 200, body: toReplayResource(replay) };
    },

    pauseReplay: steer('pause'),
    resumeReplay: steer('resume'),
    cancelReplay: steer('cancel'),
  };
}

function readRequest({ body, request }: InputOf<'replaySubscription'>): ReplayRequest {
  const { created_after: after, created_before: before } = body;
  return {
    createdAfter:
      after === undefined ? undefined : parseTimestamp(after, 'created_after', '/created_after'),
    createdBefore:
      before === undefined
        ? undefined
        : parseTimestamp(before, 'created_before', '/created_before'),
    statuses: body.statuses,
    eventTypes: body.event_types,
    eventId: body.event_id,
    source: body.source,
    targetSubscriptionId: body.target_subscription_id,
    // With its numbers as they were written, which is how it is shown again.
    filter: body.filter && exactBody(request, body).filter,
    rateLimit: body.rate_limit,
  };
}
