import { createApiClient, type ApiClient, type Schemas } from './api-client.ts';
import { EXIT, type ExitCode, type Input, type Run } from './command.ts';
import { readInteger, readOptionalMoment, readTypes } from './option-values.ts';
import { findRows } from './pages.ts';
import { shownTime, shownTypes, statusCell } from './shown.ts';
import type { Terminal } from './terminal.ts';
import { onStop, pause } from './until-stopped.ts';

type Replay = Schemas['Replay'];
type ReplayCount = Schemas['ReplayCount'];

const SHAPE = ['id', 'status', 'seen'] as const;
const LOOK_EVERY_MS = 500;
const MANY = 1_000_000;

export const startReplay: Run = async (input, { terminal }) => {
  const api = createApiClient(input);
  const isDryRun = input.has('dry-run');
  const path = `/subscriptions/${encodeURIComponent(input.args[0] ?? '')}/replay`;
  const types = readTypes(input);
  const answer = await api.post<Replay | ReplayCount>(path, ['total', 'is_estimate'], {
    created_after: readOptionalMoment(input, 'since'),
    created_before: readOptionalMoment(input, 'until'),
    statuses: input.has('status') ? [...new Set(input.list('status'))] : undefined,
    event_types: types?.length === 0 ? null : types,
    event_id: input.text('event'),
    source: input.text('source'),
    target_subscription_id: input.text('to'),
    rate_limit: readInteger(input, 'rate-limit', [1, 10_000]),
    dry_run: isDryRun ? true : undefined,
  });
  if (!('id' in answer)) {
    terminal.json(answer);
    const { total, skipped, is_estimate: isEstimate } = answer;
    terminal.line(
      `${isEstimate ? 'About ' : ''}${total - skipped} would be sent again, ${skipped} skipped.`,
    );
    return undefined;
  }
  terminal.note(`Replay ${answer.id} has begun.`);
  if (!input.has('detach')) return follow(api, answer, terminal);
  terminal.json(answer);
  terminal.line(answer.id);
  return undefined;
};

export const watchReplay: Run = async (input, { terminal }) => {
  const api = createApiClient(input);
  return follow(api, await api.get<Replay>(pathOf(input), SHAPE), terminal);
};

/** Looks until it runs no more. The replay continues when this is interrupted. */
async function follow(api: ApiClient, begun: Replay, terminal: Terminal): Promise<ExitCode> {
  const signal = onStop();
  const progress = terminal.progress('replaying');
  let replay = begun;
  for (;;) {
    terminal.json(replay);
    // The total was counted when it began, or estimated.
    progress.show(replay.seen, Math.max(replay.total, replay.seen));
    if (replay.status !== 'running') break;
    await pause(LOOK_EVERY_MS, signal);
    if (signal.aborted) break;
    replay = await api.get<Replay>(`/replays/${replay.id}`, SHAPE);
  }
  progress.end();
  if (replay.status === 'running') {
    terminal.note(
      `It continues in the background. Watch it with: posthorn replay watch ${replay.id}`,
    );
    return EXIT.interrupted;
  }
  terminal.line(
    `${replay.id} is ${replay.status}: ${replay.replayed} sent again, ${replay.skipped} skipped.`,
  );
  if (replay.failure !== null) terminal.error(terminal.clean(replay.failure));
  return replay.status === 'completed' ? EXIT.ok : EXIT.failed;
}

export const listReplays: Run = async (input, { terminal }) => {
  const data = await findRows<Replay>(
    createApiClient(input),
    '/replays',
    {
      subscription_id: input.text('subscription'),
      status: input.text('status'),
      tenant: input.text('tenant'),
    },
    readInteger(input, 'limit', [1, MANY]) ?? 20,
  );
  terminal.json({ data });
  if (data.length === 0) return terminal.note('There are none.');
  terminal.table(
    ['id', 'begun (UTC)', 'status', 'seen', 'of', 'sent', 'skipped', 'to'],
    data.map((row) => [
      row.id,
      shownTime(row.created_at),
      statusCell(row.status),
      String(row.seen),
      `${row.is_estimate ? '~' : ''}${row.total}`,
      String(row.replayed),
      String(row.skipped),
      row.target_subscription_id,
    ]),
  );
};

export const showReplay: Run = async (input, { terminal }) => {
  const replay = await createApiClient(input).get<Replay>(pathOf(input), SHAPE);
  terminal.json(replay);
  terminal.fields([
    ['id', replay.id],
    ['status', statusCell(replay.status)],
    ['failure', replay.failure ?? '-'],
    ['from', replay.subscription_id],
    ['to', replay.target_subscription_id],
    ['source', replay.source],
    ['range', `${shownTime(replay.created_after)} to ${shownTime(replay.created_before)}`],
    ['statuses', replay.statuses?.join(', ') ?? '-'],
    ['event types', shownTypes(replay.event_types)],
    ['rate limit', replay.rate_limit === null ? '-' : `${replay.rate_limit}/s`],
    ['progress', `${replay.seen} of ${replay.is_estimate ? 'about ' : ''}${replay.total}`],
    ['sent', String(replay.replayed)],
    ['skipped', String(replay.skipped)],
    ['begun', shownTime(replay.created_at)],
    ['ended', shownTime(replay.completed_at) || '-'],
  ]);
};

export function changeReplay(verb: 'pause' | 'resume' | 'cancel'): Run {
  return async (input, { terminal }) => {
    const replay = await createApiClient(input).post<Replay>(`${pathOf(input)}/${verb}`, SHAPE);
    terminal.json(replay);
    terminal.line(`${replay.id} is ${replay.status}.`);
  };
}

function pathOf({ args: [id = ''] }: Input): string {
  return `/replays/${encodeURIComponent(id)}`;
}
