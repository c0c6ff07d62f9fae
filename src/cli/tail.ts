import { wantsEventType } from '../matching/event-types.ts';
import {
  ApiError,
  createApiClient,
  type ApiClient,
  type Query,
  type Schemas,
} from './api-client.ts';
import type { Run } from './command.ts';
import { readTypes } from './option-values.ts';
import { shownAnswer, shownClock, statusCell } from './shown.ts';
import { readEvents, type ServerSentEvent } from './sse.ts';
import type { Terminal } from './terminal.ts';
import { onStop, pause, waitAfter } from './until-stopped.ts';

type LiveAttempt = Schemas['Attempt'] & {
  readonly subscription_id: string;
  readonly event_id: string;
  readonly event_type: string;
  readonly tenant: string;
};

/** After resuming, attempts of the last two seconds may come again. */
const MAX_REMEMBERED = 20_000;

export const runTail: Run = async (input, { terminal }) => {
  const api = createApiClient(input);
  const types = readTypes(input);
  const [type, ...others] = types ?? [];
  const isExact = type !== undefined && others.length === 0 && !type.includes('*');
  const query: Query = {
    subscription_id: input.text('subscription'),
    status: input.text('status'),
    tenant: input.text('tenant'),
    event_type: isExact ? type : undefined,
  };
  const show = createView(terminal, types ?? null);
  await follow(api, query, { terminal, show, signal: onStop() });
};

type Following = {
  readonly terminal: Terminal;
  readonly show: (event: ServerSentEvent) => void;
  readonly signal: AbortSignal;
};

/** Reads the stream until stopped, and resumes where it left off when the connection breaks. */
async function follow(
  api: ApiClient,
  query: Query,
  { terminal, show, signal }: Following,
): Promise<void> {
  let lastId: string | undefined;
  let failures = 0;
  let isConnected = false;
  while (!signal.aborted) {
    try {
      const headers: Record<string, string> =
        lastId === undefined ? {} : { 'last-event-id': lastId };
      const response = await api.send('/stream', 'text/event-stream', { query, headers, signal });
      terminal.note(failures === 0 ? `Watching ${api.url}. Ctrl-C ends it.` : 'Connected again.');
      failures = 0;
      isConnected = true;
      for await (const event of readEvents(response.body ?? new ReadableStream())) {
        lastId = event.id ?? lastId;
        show(event);
      }
    } catch (error) {
      if (signal.aborted) return;
      const isFinal = error instanceof ApiError && !(isConnected && error.isTemporary);
      if (isFinal) throw error;
    }
    if (signal.aborted) return;
    failures += 1;
    if (failures === 1) terminal.note(`Lost the connection to ${api.url}; trying again.`);
    await pause(waitAfter(failures), signal);
  }
}

function createView(terminal: Terminal, eventTypes: readonly string[] | null) {
  const shown = new Set<string>();

  function isNew({ delivery_id: id, attempt_number: number }: LiveAttempt): boolean {
    const key = `${id}-${number}`;
    if (shown.has(key)) return false;
    shown.add(key);
    if (shown.size > MAX_REMEMBERED) shown.delete(shown.values().next().value as string);
    return true;
  }

  return ({ event, data }: ServerSentEvent): void => {
    if (event === 'skipped') {
      const { count } = JSON.parse(data) as { count: number | null };
      terminal.json({ skipped: count });
      terminal.note(
        count === null ? 'Attempts were left out.' : `${count} attempts were left out.`,
      );
    }
    if (event !== 'attempt') return;
    const attempt = JSON.parse(data) as LiveAttempt;
    if (!wantsEventType({ eventTypes }, attempt.event_type) || !isNew(attempt)) return;
    terminal.json(attempt);
    terminal.line(lineOf(attempt, terminal));
  };
}

const MARKS = { success: '✓', failed_attempt: '↻', failure: '✗' } as const;

function lineOf(attempt: LiveAttempt, { style, clean }: Terminal): string {
  const look = statusCell(attempt.outcome);
  const mark = MARKS[attempt.outcome];
  return [
    style('dim', shownClock(attempt.started_at)),
    typeof look === 'string' ? mark : style(look.style, mark),
    style('bold', attempt.event_type.padEnd(20)),
    clean(shownAnswer(attempt)).padEnd(16),
    clean(attempt.target_url),
    style('dim', `${attempt.delivery_id} #${attempt.attempt_number}`),
  ].join('  ');
}
