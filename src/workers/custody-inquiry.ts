import { randomUUID } from 'node:crypto';
import { sql, type Kysely } from 'kysely';
import type { Pool } from 'pg';
import type { DB } from '../database/tables.ts';
import type { Logger } from '../base/logger.ts';
import { takeOverFromDead } from './liveness.ts';
import { listenForChanges, type ChangeListener } from '../database/change-listener.ts';
import type { Custody } from './custody.ts';
import {
  ANSWER_CHANNEL,
  parseAnswer,
  QUESTION_CHANNEL,
  type CustodyQuestion,
} from './custody-messages.ts';
import { findRegister, type Register } from './register.ts';

/** Asks everyone who may have an attempt under way: the workers of this process, and those of others. */
export type CustodyInquiry = {
  /** As far as workers answer at once. */
  isUnderWay(deliveryId: string): Promise<boolean>;
  /** Has every worker keep from beginning an attempt until the caller has decided. */
  withhold(deliveryId: string): Promise<Withholding>;
  /** Hands back what dead workers hold. Those that live do so every second, but there may be none. */
  buryDead(): Promise<void>;
  close(): Promise<void>;
};

export type Withholding =
  | { readonly kind: 'under_way' }
  /** A worker that is on the register has not answered, so that nobody knows. */
  | { readonly kind: 'unanswered' }
  | ({ readonly kind: 'withheld' } & Register);

export type CustodyInquiryOptions = {
  db: Kysely<DB>;
  /** For reaping: a session that holds no worker's lock. */
  pool: Pool;
  databaseUrl: string;
  /** Those of this process, by worker id: they are asked in memory. */
  local: ReadonlyMap<string, Custody>;
  logger: Logger;
};

const LOOK_WITHIN_MS = 100;
const WITHHOLD_WITHIN_MS = 500;

type Open = {
  /** Workers that have not answered. */
  readonly missing: Set<string>;
  /** Called when all have answered, or one that an attempt is under way. */
  settle(isUnderWay: boolean): void;
};

export function createCustodyInquiry({
  db,
  pool,
  databaseUrl,
  local,
  logger,
}: CustodyInquiryOptions): CustodyInquiry {
  const open = new Map<string, Open>();
  const listening = Promise.withResolvers<void>();
  let listener: ChangeListener | undefined;

  function hear(payload: string): void {
    const answer = parseAnswer(payload);
    if (answer === undefined) return;
    const asked = open.get(answer.question);
    if (asked === undefined) return;
    asked.missing.delete(answer.workerId);
    if (answer.isUnderWay || asked.missing.size === 0) asked.settle(answer.isUnderWay);
  }

  /** A process whose workers are all its own never listens. */
  function listen(): Promise<void> {
    listener ??= listenForChanges({
      databaseUrl,
      logger,
      channel: ANSWER_CHANNEL,
      warning: 'not listening for what workers answer until it works',
      onChange: hear,
      onGap: listening.resolve,
    });
    return listening.promise;
  }

  /** Answers whether an attempt is under way, and takes those that answer out of `missing`. */
  async function ask(
    missing: Set<string>,
    asked: Omit<CustodyQuestion, 'question'>,
    withinMs: number,
  ): Promise<boolean> {
    const question = randomUUID();
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(resolve, withinMs, false);
    open.set(question, { missing, settle: resolve });
    const send = async (): Promise<void> => {
      await listen();
      if (!open.has(question)) return;
      const payload = JSON.stringify({ question, ...asked } satisfies CustodyQuestion);
      await sql`select pg_notify(${QUESTION_CHANNEL}, ${payload})`.execute(db);
    };
    send().catch((err: unknown) => logger.warn({ err }, 'could not ask other workers'));
    try {
      return await promise;
    } finally {
      open.delete(question);
      clearTimeout(timer);
    }
  }

  /** Whether any of the workers that have not answered is not dead. */
  async function isAnyAlive(missing: ReadonlySet<string>): Promise<boolean> {
    await takeOverFromDead(pool, logger);
    const { workers } = await findRegister(db);
    return workers.some((id) => missing.has(id));
  }

  return {
    buryDead: () => takeOverFromDead(pool, logger),
    async isUnderWay(deliveryId) {
      for (const custody of local.values()) if (custody.isUnderWay(deliveryId)) return true;
      const { workers } = await findRegister(db);
      const missing = new Set(workers.filter((id) => !local.has(id)));
      if (missing.size === 0) return false;
      return ask(missing, { deliveryId, isWithholding: false }, LOOK_WITHIN_MS);
    },

    async withhold(deliveryId) {
      // Before anyone withholds, so that its deadline ends before all of them do.
      const register = await findRegister(db);
      for (const custody of local.values()) {
        if (custody.withhold(deliveryId)) return { kind: 'under_way' };
      }
      const missing = new Set(register.workers.filter((id) => !local.has(id)));
      if (missing.size === 0) return { kind: 'withheld', ...register };
      if (await ask(missing, { deliveryId, isWithholding: true }, WITHHOLD_WITHIN_MS)) {
        return { kind: 'under_way' };
      }
      if (missing.size > 0 && (await isAnyAlive(missing))) return { kind: 'unanswered' };
      const workers = register.workers.filter((id) => !missing.has(id));
      return { kind: 'withheld', workers, until: register.until };
    },

    async close() {
      await listener?.close();
    },
  };
}
