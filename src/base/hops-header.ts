/**
 * On every delivery, how many times its event has been delivered by a Posthorn on the way here, this
 * delivery included. It is what marks a request as a delivery, and what ends a ring of subscriptions.
 */
export const HOPS_HEADER = 'posthorn-hops';
