import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Adapter } from './adapter.ts';
import { at, differences, fillIn, type Variables } from './matcher.ts';
import { startStub, type Recorder, type Scripted } from './servers.ts';

/** Described in sdk/conformance/README.md. */
type Step = {
  readonly call?: string;
  readonly verify?: string;
  readonly received?: string;
  readonly client?: object;
  readonly path?: readonly string[];
  readonly expect?: unknown;
  readonly expect_error?: unknown;
  readonly until?: boolean;
  readonly save?: Readonly<Record<string, string>>;
};

type Case = {
  readonly name: string;
  readonly stub?: readonly Scripted[];
  readonly steps: readonly Step[];
  readonly requests?: readonly object[];
  readonly at_least_ms?: number;
  readonly at_most_ms?: number;
};

type Vector = {
  readonly name: string;
  readonly verify: string;
  readonly expect?: unknown;
  readonly expect_error?: unknown;
};

export type Stage = {
  readonly origin: string;
  readonly key: string;
  readonly receiver: Recorder;
};

export type CaseResult = { readonly name: string; readonly faults: readonly string[] };

const FOLDER = new URL('../../../sdk/conformance/', import.meta.url);
const UNTIL_MS = 15_000;
const POLL_MS = 40;

const read = <T>(name: string): T => JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')) as T;

/** Runs the shared files through one SDK. @param language keeps what it makes apart from others' */
export async function runCases(
  adapter: Adapter,
  stage: Stage,
  language: string,
): Promise<CaseResult[]> {
  const vectors = read<Vector[]>('webhooks.json').map(
    (vector): Case => ({
      name: `webhook: ${vector.name}`,
      steps: [vector],
    }),
  );
  const results: CaseResult[] = [];
  for (const [index, one] of [...read<Case[]>('api.json'), ...vectors].entries()) {
    const faults = await runCase(one, { adapter, stage, tenant: `${language}-${index}` }).catch(
      (error: unknown) => [String(error)],
    );
    results.push({ name: one.name, faults });
  }
  return results;
}

type Run = { readonly adapter: Adapter; readonly stage: Stage; readonly tenant: string };

async function runCase(one: Case, { adapter, stage, tenant }: Run): Promise<string[]> {
  const stub = one.stub === undefined ? undefined : await startStub(one.stub);
  const variables: Variables = new Map<string, unknown>([
    ['tenant', tenant],
    ['key', stage.key],
    ['stub', stub?.origin],
    ['hook', `${stage.receiver.origin}/${tenant}`],
    ['a_minute_ago', `${Date.now() - 60_000}-00000000-0000-7000-8000-000000000000-1`],
  ]);
  const base = { base_url: stub?.origin ?? stage.origin, api_key: stage.key };
  const startedAtMs = performance.now();
  try {
    for (const [index, step] of one.steps.entries()) {
      const faults = await runStep(step, { adapter, stage, variables, base, tenant });
      if (faults.length > 0) return faults.map((fault) => `step ${index + 1}: ${fault}`);
    }
    const tookMs = performance.now() - startedAtMs;
    return [
      ...(tookMs < (one.at_least_ms ?? 0)
        ? [`it took ${Math.round(tookMs)} ms, less than it should`]
        : []),
      ...(tookMs > (one.at_most_ms ?? Infinity)
        ? [`it took ${Math.round(tookMs)} ms, more than it should`]
        : []),
      ...(one.requests === undefined
        ? []
        : differences(fillIn(one.requests, variables), stub?.requests, variables, 'requests')),
    ];
  } finally {
    await stub?.close();
  }
}

type StepRun = Run & { readonly variables: Variables; readonly base: object };

async function runStep(step: Step, run: StepRun): Promise<string[]> {
  const { save = {}, until = false } = step;
  const deadlineMs = performance.now() + UNTIL_MS;
  for (;;) {
    const { value, faults } = await attempt(step, run);
    if (faults.length === 0) {
      for (const [name, path] of Object.entries(save))
        run.variables.set(name, path === '' ? value : at(value, path));
      return [];
    }
    const isWaiting = until || step.received !== undefined;
    if (!isWaiting || performance.now() > deadlineMs) return faults;
    await delay(POLL_MS);
  }
}

async function attempt(step: Step, run: StepRun): Promise<{ value?: unknown; faults: string[] }> {
  const { variables, adapter, stage, base } = run;
  const {
    expect,
    expect_error: expectError,
    save: _,
    until: __,
    received,
    client,
    ...command
  } = step;
  if (received !== undefined) {
    const path = `/${run.tenant}${received}`;
    const request = stage.receiver.requests.find((one) => one.path === path);
    if (request === undefined) return { faults: [`${path} has received nothing`] };
    const wanted = fillIn(expect ?? {}, variables);
    return { value: request, faults: differences(wanted, request, variables) };
  }
  const filled = fillIn(
    { ...(command.call && { ...base, path: [] }), ...command, ...client },
    variables,
  ) as object;
  const answer = await adapter.ask(filled);
  if (expectError !== undefined) {
    const faults = differences(fillIn(expectError, variables), answer.error, variables, 'error');
    return { value: answer.error, faults };
  }
  if (answer.error !== undefined) return { faults: [`it failed: ${JSON.stringify(answer.error)}`] };
  if (expect === undefined) return { value: answer.value, faults: [] };
  return {
    value: answer.value,
    faults: differences(fillIn(expect, variables), answer.value, variables),
  };
}
