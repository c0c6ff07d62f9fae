import { AppError } from '../errors.ts';
import type { Handlers } from '../openapi/contract.ts';
import type { Metrics } from './metrics.ts';

export function metricsHandlers(deps: { metrics: Metrics }): Pick<Handlers, 'getMetrics'> {
  return {
    async getMetrics({ principal }) {
      if (principal.tenant !== null) {
        throw new AppError('forbidden', 'Metrics concern all tenants; this key is for one.');
      }
      const { text } = await deps.metrics.render();
      return { status: 200, body: text };
    },
  };
}
