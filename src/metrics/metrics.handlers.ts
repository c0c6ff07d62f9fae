import { assertForAllTenants } from '../access/tenant.ts';
import type { Handlers } from '../http/contract.ts';
import type { Metrics } from './metrics.ts';

export function metricsHandlers(deps: { metrics: Metrics }): Pick<Handlers, 'getMetrics'> {
  return {
    async getMetrics({ principal }) {
      assertForAllTenants(principal);
      const { text } = await deps.metrics.render();
      return { status: 200, body: text };
    },
  };
}
