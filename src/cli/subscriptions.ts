import { createInterface } from 'node:readline/promises';
import { createApiClient, type Schemas } from './api-client.ts';
import { EXIT, UsageError, type Input, type Run } from './command.ts';
import { readInteger, readJson, readPairs, readTypes } from './option-values.ts';
import { findRows } from './pages.ts';
import { shownAnswer, shownTime, shownTypes, statusCell } from './shown.ts';
import type { Terminal } from './terminal.ts';

type Subscription = Schemas['Subscription'];
const SHAPE = ['id', 'target_url', 'status'] as const;
const MANY = 1_000_000;

export const listSubscriptions: Run = async (input, { terminal }) => {
  const limit = readInteger(input, 'limit', [1, MANY]) ?? 100;
  const data = await findRows<Subscription>(
    createApiClient(input),
    '/subscriptions',
    {
      status: input.text('status'),
      event_type: input.text('type'),
      q: input.text('search'),
      tenant: input.text('tenant'),
    },
    limit,
  );
  terminal.json({ data });
  if (data.length === 0) return terminal.note('There are none.');
  terminal.table(
    ['id', 'status', 'tenant', 'event types', 'target', 'name'],
    data.map((row) => [
      row.id,
      statusCell(row.status),
      row.tenant,
      shownTypes(row.event_types),
      row.target_url,
      row.name ?? '',
    ]),
  );
};

export const showSubscription: Run = async (input, { terminal }) => {
  show(terminal, await createApiClient(input).get<Subscription>(pathOf(input), SHAPE));
};

export const createSubscription: Run = async (input, { terminal }) => {
  const body = {
    target_url: input.args[0],
    tenant: input.text('tenant'),
    status: input.has('paused') ? 'paused' : undefined,
    ...(await readFields(input)),
  };
  const made = await createApiClient(input).post<Schemas['SubscriptionWithSecret']>(
    '/subscriptions',
    [...SHAPE, 'secret'],
    body,
  );
  show(terminal, made);
};

export const updateSubscription: Run = async (input, { terminal }) => {
  const body = { target_url: input.text('target'), ...(await readFields(input)) };
  if (Object.values(body).every((value) => value === undefined)) {
    throw new UsageError('subscriptions update needs something to change; see --help');
  }
  show(terminal, await createApiClient(input).patch<Subscription>(pathOf(input), SHAPE, body));
};

export function setStatus(status: 'active' | 'paused'): Run {
  return async (input, { terminal }) => {
    const changed = await createApiClient(input).patch<Subscription>(pathOf(input), SHAPE, {
      status,
    });
    terminal.json(changed);
    terminal.line(`${changed.id} is ${changed.status}.`);
  };
}

export const deleteSubscription: Run = async (input, { terminal }) => {
  const api = createApiClient(input);
  const path = pathOf(input);
  if (!input.has('yes')) {
    if (!process.stdin.isTTY || terminal.isJson) {
      throw new UsageError('subscriptions delete needs --yes where there is nobody to ask');
    }
    const { name, target_url: target } = await api.get<Subscription>(path, SHAPE);
    if (!(await agrees(`Delete ${terminal.clean(name ?? target)} and cancel what is pending?`))) {
      terminal.note('Nothing was done.');
      return EXIT.failed;
    }
  }
  await api.delete(path);
  terminal.json({ id: input.args[0], deleted: true });
  terminal.line('Deleted.');
};

export const testSubscription: Run = async (input, { terminal }) => {
  const attempt = await createApiClient(input).post<Schemas['Attempt']>(`${pathOf(input)}/test`, [
    'outcome',
    'target_url',
  ]);
  terminal.json(attempt);
  terminal.fields([
    ['outcome', statusCell(attempt.outcome)],
    ['answer', shownAnswer(attempt)],
    ['target', attempt.target_url],
    ...(attempt.response_body ? [['body', attempt.response_body.slice(0, 200)] as const] : []),
  ]);
  return attempt.outcome === 'success' ? EXIT.ok : EXIT.failed;
};

export const rotateSecret: Run = async (input, { terminal }) => {
  const rotated = await createApiClient(input).post<Schemas['SubscriptionWithSecret']>(
    `${pathOf(input)}/secret/rotate`,
    [...SHAPE, 'secret'],
    {
      secret: input.text('secret'),
      overlap_hours: readInteger(input, 'overlap-hours', [0, 720]),
    },
  );
  terminal.json(rotated);
  terminal.line(rotated.secret);
};

function pathOf({ args: [id = ''] }: Input): string {
  return `/subscriptions/${encodeURIComponent(id)}`;
}

async function readFields(input: Input): Promise<Record<string, unknown>> {
  const data = input.text('data');
  const more: unknown = data === undefined ? {} : JSON.parse((await readJson(data)).toString());
  if (typeof more !== 'object' || more === null || Array.isArray(more)) {
    throw new UsageError('--data takes a JSON object');
  }
  const types = readTypes(input);
  return {
    name: input.text('name'),
    description: input.text('description'),
    event_types: types?.length === 0 ? null : types,
    headers: readPairs(input, 'header'),
    metadata: readPairs(input, 'metadata'),
    signature_schemes: input.has('scheme') ? input.list('scheme') : undefined,
    ingest_signature: input.text('ingest-signature'),
    rate_limit: readInteger(input, 'rate-limit', [0, MANY]),
    max_concurrency: readInteger(input, 'max-concurrency', [0, MANY]),
    retry_schedule: input.text('retry-schedule'),
    timeout_ms: readInteger(input, 'timeout-ms', [0, MANY]),
    secret: input.text('secret'),
    ...more,
  };
}

function show(terminal: Terminal, row: Subscription & { secret?: string }): void {
  terminal.json(row);
  const limits = [
    row.rate_limit === null ? '' : `${row.rate_limit}/s`,
    row.max_concurrency === null ? '' : `${row.max_concurrency} at once`,
    row.timeout_ms === null ? '' : `${row.timeout_ms} ms`,
  ]
    .filter((text) => text !== '')
    .join(', ');
  const pairs: (readonly [string, string | ReturnType<typeof statusCell>])[] = [
    ['id', row.id],
    ['name', row.name ?? ''],
    ['description', row.description ?? ''],
    ['tenant', row.tenant],
    ['target', row.target_url],
    ['event types', shownTypes(row.event_types)],
    ['status', statusCell(row.status)],
    ['disabled', row.disabled_reason ?? ''],
    ['signatures', row.signature_schemes.join(', ')],
    ['ingest', `signature ${row.ingest_signature}`],
    [
      'headers',
      Object.entries(row.headers)
        .map((pair) => pair.join(': '))
        .join('; '),
    ],
    [
      'metadata',
      Object.entries(row.metadata)
        .map((pair) => pair.join('='))
        .join(' '),
    ],
    ['limits', limits],
    ['retries', row.retry_schedule ?? 'as the server is set up'],
    ['created', shownTime(row.created_at)],
    ['secret', row.secret ?? ''],
  ];
  terminal.fields(pairs.filter(([, value]) => value !== ''));
}

async function agrees(question: string): Promise<boolean> {
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await prompt.question(`${question} [y/N] `)).trim());
  } finally {
    prompt.close();
  }
}
