import type { Handlers } from '../http/contract.ts';
import { toAttemptResource } from '../log/attempt.resource.ts';
import type { DeliveryService } from '../log/deliveries.service.ts';
import type { TestSendService } from './test-send.service.ts';

export function testSendHandlers(deps: {
  testSend: TestSendService;
  deliveries: DeliveryService;
}): Pick<Handlers, 'testSubscription'> {
  return {
    async testSubscription({ params, principal }) {
      const deliveryId = await deps.testSend.send(principal.tenant, params.id);
      const [attempt] = await deps.deliveries.listAttempts(principal.tenant, deliveryId, {
        limit: 1,
      });
      if (attempt === undefined) throw new Error(`test delivery ${deliveryId} has no attempt`);
      return { status: 200, body: toAttemptResource(attempt) };
    },
  };
}
