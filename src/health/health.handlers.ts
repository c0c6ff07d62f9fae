import type { Handlers } from '../http/contract.ts';
import type { components } from '../openapi/generated.ts';
import type { Answer, HealthService, Readiness } from './health.service.ts';

type HealthHandlers = Pick<Handlers, 'getHealth' | 'getReadiness'>;
type Schemas = components['schemas'];

const RETRY_AFTER_SECONDS = 1;

export function healthHandlers(deps: { health: HealthService }): HealthHandlers {
  return {
    getHealth: () => ({ status: 200, body: { status: 'ok' } }),

    async getReadiness() {
      const readiness = await deps.health.readiness();
      const body = toReadinessResource(readiness);
      if (readiness.isReady) return { status: 200, body };
      return { status: 503, headers: { 'Retry-After': RETRY_AFTER_SECONDS }, body };
    },
  };
}

function toReadinessResource(readiness: Readiness): Schemas['Readiness'] {
  const { isReady, reasons, database, redis, workers, missingKeys } = readiness;
  return {
    status: isReady ? 'ready' : 'not_ready',
    reasons: [...reasons],
    checks: {
      database: toServerCheck(database),
      redis: toServerCheck(redis),
      workers: toWorkersCheck(workers),
      encryption: toEncryptionCheck(missingKeys),
    },
  };
}

function toServerCheck(answer: Answer | undefined): Schemas['ServerCheck'] {
  if (answer === undefined) return { status: 'unconfigured', latency_ms: null };
  return { status: answer.latencyMs === null ? 'failed' : 'ok', latency_ms: answer.latencyMs };
}

function toWorkersCheck(workers: Readiness['workers']): Schemas['WorkersCheck'] {
  if (workers === undefined) return { status: 'unknown', live: 0, last_seen_at: null };
  return {
    status: workers.live > 0 ? 'ok' : 'failed',
    live: workers.live,
    last_seen_at: workers.lastSeenAt?.toISOString() ?? null,
  };
}

function toEncryptionCheck(missingKeys: Readiness['missingKeys']): Schemas['EncryptionCheck'] {
  if (missingKeys === undefined) return { status: 'unknown', missing_keys: [] };
  return { status: missingKeys.length === 0 ? 'ok' : 'failed', missing_keys: [...missingKeys] };
}
