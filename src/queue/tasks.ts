/** The payload of a task that needs none. */
type Nothing = Record<string, never>;

declare global {
  // eslint-disable-next-line typescript/no-namespace -- how Graphile Worker learns of payloads
  namespace GraphileWorker {
    interface Tasks {
      /** Sends a batch of queued deliveries; absent tickets are all 0. */
      deliver: { deliveries: string[]; tickets?: number[] };
      /** Queues what has become due. */
      promote: Nothing;
      /** Queues what was parked for a subscription that can take it again. */
      drain: { subscription_id: string };
      /** Ends what waits for a subscription that is gone or disabled. */
      end_waiting: { subscription_id: string; status: 'cancelled' | 'discarded'; reason: string };
      /** Every minute: whatever a lost job, a lost worker or a receiver long dead has left behind. */
      sweep: Nothing;
    }
  }
}

/**
 * Every task of the queue with its payload; a feature with a task of its own declares it beside that
 * task. Payloads are JSON that outlives a release: a job queued by the previous version must still
 * be understood.
 */
export type TaskPayloads = GraphileWorker.Tasks;

export type TaskName = keyof TaskPayloads;
