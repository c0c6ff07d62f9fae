import { AppError } from './base/errors.ts';
import type { Metrics } from './metrics/metrics.ts';
import type { RollupWriter } from './stats/rollup-writer.ts';
import type { Tracing } from './tracing/tracing.ts';
import type { AcceptService } from './accept/accept.service.ts';
import type { AcceptedEvent, AcceptRequest } from './accept/event.ts';

export type AcceptObservers = {
  readonly metrics: Metrics;
  readonly rollups: RollupWriter;
  /** Absent while tracing is off. */
  readonly tracing: Tracing | undefined;
};

/**
 * Accepting, counted and traced. While tracing is on, each event is stored with its span's
 * trace context among its headers, so that attempts carry on the trace and receivers see it.
 */
export function observeAccepts(
  accept: AcceptService,
  { metrics, rollups, tracing }: AcceptObservers,
): AcceptService {
  async function counted(request: AcceptRequest): Promise<AcceptedEvent[]> {
    const startedAtMs = performance.now();
    try {
      const answers = await accept.accept(request);
      const accepted = answers.filter(({ outcome }) => outcome === 'accepted');
      const deliveries = accepted.reduce((sum, answer) => sum + answer.deliveryCount, 0);
      if (accepted.length > 0) {
        metrics.accepted(accepted.length, deliveries, performance.now() - startedAtMs);
        rollups.countAccepted(request.tenant, accepted.length, deliveries);
      }
      return answers;
    } catch (error) {
      metrics.refused(codeOf(error));
      throw error;
    }
  }

  async function traced(request: AcceptRequest, { startAccept }: Tracing) {
    const span = startAccept(request.trace ?? {}, {
      'posthorn.tenant': request.tenant,
      'posthorn.event_type': request.events[0]?.eventType ?? '',
    });
    const events = request.events.map((event) => ({
      ...event,
      headers: { ...event.headers, ...span.headers },
    }));
    try {
      const answers = await counted({ ...request, events });
      span.end({
        'posthorn.event_id': answers[0]?.eventId ?? '',
        'posthorn.events': answers.length,
      });
      return answers;
    } catch (error) {
      span.end({}, codeOf(error));
      throw error;
    }
  }

  return {
    accept: (request) => (tracing === undefined ? counted(request) : traced(request, tracing)),
    get waiting() {
      return accept.waiting;
    },
    drained: () => accept.drained(),
  };
}

function codeOf(error: unknown): string {
  return error instanceof AppError ? error.code : 'unavailable';
}
