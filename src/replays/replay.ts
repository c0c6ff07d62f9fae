import type { DeliveryStatus } from '../queue/delivery.ts';

export type ReplayStatus = 'running' | 'paused' | 'cancelled' | 'completed' | 'failed';
export type ReplaySource = 'deliveries' | 'events';
/** How a delivery has ended; `filtered` are the discarded ones that a filter did not let through. */
export type EndedStatus = Exclude<DeliveryStatus, 'pending' | 'delivering'> | 'filtered';

/** The default selection. */
export const REPLAYED_STATUSES = ['failed', 'discarded'] as const satisfies readonly EndedStatus[];

/** The selection of a replay, and its target. */
export type ReplayScope = {
  readonly tenant: string;
  readonly subscription_id: string;
  readonly target_subscription_id: string;
  readonly source: ReplaySource;
  /** Ids between which it looks, both exclusive. */
  readonly after_id: string;
  readonly before_id: string;
  /** Null for events. */
  readonly statuses: readonly EndedStatus[] | null;
  /** Types and wildcards; null stands for all. */
  readonly event_types: readonly string[] | null;
  readonly event_id: string | null;
  /** A content filter as it was given. */
  readonly filter: Readonly<Record<string, unknown>> | null;
};

/** Whether a scope's deliveries are queued again, rather than new ones made of its events. */
export function isRearming(scope: ReplayScope): boolean {
  return scope.source === 'deliveries' && scope.subscription_id === scope.target_subscription_id;
}

/** From which states each thing that may be asked of a replay leads on. */
export const STEERING = {
  pause: { from: ['running'], to: 'paused' },
  resume: { from: ['paused', 'failed'], to: 'running' },
  cancel: { from: ['running', 'paused', 'failed'], to: 'cancelled' },
} as const satisfies Record<string, { from: readonly ReplayStatus[]; to: ReplayStatus }>;

export type Steer = keyof typeof STEERING;
