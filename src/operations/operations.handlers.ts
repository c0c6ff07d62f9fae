import { assertForAllTenants } from '../access/tenant.ts';
import type { Handlers } from '../http/contract.ts';
import type { components } from '../openapi/generated.ts';
import type { Operations, OperationsService } from './operations.service.ts';

export function operationsHandlers(deps: {
  operations: OperationsService;
}): Pick<Handlers, 'getOperations'> {
  return {
    async getOperations({ principal }) {
      assertForAllTenants(principal);
      return { status: 200, body: toOperationsResource(await deps.operations.read()) };
    },
  };
}

function toOperationsResource({
  workers,
  queue,
  cron,
  partitions,
  cache,
}: Operations): components['schemas']['Operations'] {
  const lookups = cache.memory + cache.store + cache.database;
  return {
    workers: workers.map((worker) => ({
      id: worker.id,
      host: worker.host,
      process_id: worker.process_id,
      version: worker.version,
      started_at: worker.started_at.toISOString(),
      last_seen_at: worker.last_seen_at.toISOString(),
      is_live: worker.isLive,
      in_flight: worker.in_flight,
    })),
    queue: {
      depth: queue.depth,
      oldest_age_seconds: queue.oldestAgeSeconds,
      retries_waiting: queue.retriesWaiting,
      parked: queue.parked,
      open_breakers: queue.openBreakers,
      tasks: queue.tasks.map((task) => ({
        task: task.task,
        waiting: task.waiting,
        scheduled: task.scheduled,
        running: task.running,
        retrying: task.retrying,
        oldest_age_seconds: task.oldestAgeSeconds,
      })),
    },
    cron: cron.map((entry) => ({
      task: entry.task,
      pattern: entry.pattern,
      last_run_at: entry.lastRunAt?.toISOString() ?? null,
      next_run_at: entry.nextRunAt?.toISOString() ?? null,
    })),
    partitions: partitions.map((partition) => ({
      parent: partition.parent,
      name: partition.name,
      starts_at: partition.starts_at.toISOString(),
      total_bytes: partition.total_bytes,
      estimated_rows: partition.estimated_rows,
    })),
    cache: {
      lookups,
      hits: lookups - cache.database,
      hit_rate: lookups === 0 ? null : (lookups - cache.database) / lookups,
    },
  };
}
