import type { Alert } from '../alerts/alert.ts';

/** What a task that needs to be told nothing is given. */
type Nothing = Record<string, never>;

/**
 * Every task of the queue with its payload. Payloads are JSON that outlives a release: a job
 * queued by the previous version must still be understood.
 */
export type TaskPayloads = {
  /** Sends a batch of queued deliveries; absent tickets are all 0. See 0014_queue_tickets.sql. */
  deliver: { deliveries: string[]; tickets?: number[] };
  /** Queues what has become due. */
  promote: Nothing;
  /** Queues what was parked for a subscription that can take it again. */
  drain: { subscription_id: string };
  /** Ends what waits for a subscription that is gone or disabled. */
  end_waiting: { subscription_id: string; status: 'cancelled' | 'discarded'; reason: string };
  /** Every minute: whatever a lost job, a lost worker or a receiver long dead has left behind. */
  sweep: Nothing;
  /** Goes on with a replay for a while. */
  replay: { replay_id: string };
  /** Publishes an operational event to those who have asked for it. */
  alert: Alert;
  /** Makes the next partitions and drops those past retention. */
  maintain: Nothing;
};

export type TaskName = keyof TaskPayloads;
