import type { Alert } from './alert.ts';
import type { AlertService } from './alerts.service.ts';

/** The task `alert`: publishes one operational event to those who have asked for it. */
export function createAlertTask({ alerts }: { alerts: AlertService }) {
  return (payload: Alert): Promise<void> => alerts.tell(payload);
}
