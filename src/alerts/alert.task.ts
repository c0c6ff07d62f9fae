import type { Alert } from './alert.ts';
import type { AlertService } from './alerts.service.ts';

declare global {
  // eslint-disable-next-line typescript/no-namespace -- how Graphile Worker learns of payloads
  namespace GraphileWorker {
    interface Tasks {
      /** Publishes an operational event to those who have asked for it. */
      alert: Alert;
    }
  }
}

/** The task `alert`: publishes one operational event to those who have asked for it. */
export function createAlertTask({ alerts }: { alerts: AlertService }) {
  return (payload: Alert): Promise<void> => alerts.tell(payload);
}
