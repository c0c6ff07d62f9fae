import packageJson from '../../../package.json' with { type: 'json' };
import { isOperational } from '../../alerts/alert.ts';
import { generateSecret, secretProblem } from '../../sender/signature.ts';
import type { SignatureScheme } from '../../sender/signature.ts';
import { wantsEventType } from '../../matching/event-types.ts';
import { createApiClient, type ApiClient } from '../api-client.ts';
import { UsageError, type Input, type Run } from '../command.ts';
import { readInteger, readMoment, readTypes } from '../option-values.ts';
import { onStop } from '../until-stopped.ts';
import { followEvents, type ListedEvent } from './event-feed.ts';
import { createForwarder, type Forwarder } from './forwarder.ts';
import { createLink, type Link } from './link.ts';
import { createListenView } from './listen-view.ts';

const RETRIES = 3;
const CONCURRENCY = 4;
const TIMEOUT_MS = 10_000;

export const runListen: Run = async (input, { terminal }) => {
  const settings = readSettings(input);
  const api = createApiClient(input);
  const broken = new AbortController();
  const signal = AbortSignal.any([onStop(), broken.signal]);
  const view = createListenView(terminal, api.url);
  const link = createLink({ onLost: view.lost, onBack: view.back });
  const forwarder = createForwarder(api, {
    target: settings.target,
    userAgent: `Posthorn/${packageJson.version}`,
    timeoutMs: settings.timeoutMs,
    retries: settings.retries,
    signal,
    link,
    onForwarded: view.forwarded,
  });
  try {
    await forwardAll({ api, settings, forwarder, view, link, signal, broken });
  } catch (error) {
    // Stopped while it asked for something, which is no failure; what broke it is.
    if (!signal.aborted || broken.signal.aborted) throw error;
  } finally {
    await forwarder.close();
  }
  view.ended();
};

type Settings = ReturnType<typeof readSettings>;

type Listening = {
  readonly api: ApiClient;
  readonly settings: Settings;
  readonly forwarder: Forwarder;
  readonly view: ReturnType<typeof createListenView>;
  readonly link: Link;
  readonly signal: AbortSignal;
  readonly broken: AbortController;
};

/** Takes no more from the feed than can be sent at once, and one group beyond it. */
async function forwardAll({
  api,
  settings,
  forwarder,
  view,
  link,
  signal,
  broken,
}: Listening): Promise<void> {
  const { since, query, concurrency } = settings;
  const underWay = new Set<Promise<void>>();
  let failure: unknown;

  async function forward(event: ListedEvent): Promise<void> {
    try {
      const outcome = await forwarder.forward(event);
      if (outcome !== undefined) view.done(outcome);
      else if (!signal.aborted) view.gone(event);
    } catch (error) {
      failure ??= error;
      broken.abort();
    }
  }

  const feed = followEvents(api, {
    query,
    since,
    signal,
    onReady: () => view.started(settings.target, settings.types),
    link,
  });
  for await (const events of feed) {
    for (const event of events) {
      if (!settings.wants(event.event_type)) continue;
      while (underWay.size >= concurrency) await Promise.race(underWay);
      if (signal.aborted) break;
      const work = forward(event).finally(() => underWay.delete(work));
      underWay.add(work);
    }
  }
  await forwarder.close();
  await Promise.all(underWay);
  if (failure !== undefined) throw failure;
}

function readSettings(input: Input) {
  const types = readTypes(input) ?? null;
  const since = input.text('since');
  if (since !== undefined) readMoment(since, '--since');
  const [type, ...others] = types ?? [];
  const isExact = type !== undefined && others.length === 0 && !type.includes('*');
  const schemes = input.list('scheme') as SignatureScheme[];
  return {
    types,
    // As a subscription to everything, which gets no operational events either.
    wants: (eventType: string) =>
      types === null ? !isOperational(eventType) : wantsEventType({ eventTypes: types }, eventType),
    query: { tenant: input.text('tenant'), event_type: isExact ? type : undefined },
    since: since === undefined ? undefined : (nowMs: number) => readMoment(since, '--since', nowMs),
    target: {
      targetUrl: readTarget(input),
      headers: {},
      signatureSchemes: schemes.length > 0 ? schemes : (['standard-webhooks', 'github'] as const),
      secrets: [readSecret(input)],
    },
    retries: readInteger(input, 'retries', [0, 10]) ?? RETRIES,
    concurrency: readInteger(input, 'concurrency', [1, 100]) ?? CONCURRENCY,
    timeoutMs: readInteger(input, 'timeout-ms', [1, 300_000]) ?? TIMEOUT_MS,
  };
}

function readTarget(input: Input): string {
  const target = input.text('forward-to');
  if (target === undefined) {
    throw new UsageError(
      'listen needs --forward-to, such as --forward-to http://localhost:4000/hook',
    );
  }
  const url = URL.parse(target);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new UsageError('--forward-to takes a URL that begins with http:// or https://');
  }
  return url.href;
}

function readSecret(input: Input): string {
  const secret = input.text('secret');
  if (secret === undefined) return generateSecret();
  const problem = secretProblem(secret);
  if (problem !== undefined) throw new UsageError(`--secret ${problem}`);
  return secret;
}
