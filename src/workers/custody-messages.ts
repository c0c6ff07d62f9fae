import type { Custody } from './custody.ts';

/** Asked of every worker, which listens on the session that shows that it lives. */
export type CustodyQuestion = {
  readonly question: string;
  readonly deliveryId: string;
  /** Whether the delivery is to be withheld unless an attempt is under way. */
  readonly isWithholding: boolean;
};

export type CustodyAnswer = {
  readonly question: string;
  readonly workerId: string;
  readonly isUnderWay: boolean;
};

export const QUESTION_CHANNEL = 'posthorn:custody-question';
export const ANSWER_CHANNEL = 'posthorn:custody-answer';

/** The answer of a worker to a message; undefined when that is no question. */
export function answerQuestion(
  custody: Custody,
  workerId: string,
  payload: string,
): string | undefined {
  const asked = parseQuestion(payload);
  if (asked === undefined) return undefined;
  const { question, deliveryId, isWithholding } = asked;
  const isUnderWay = isWithholding ? custody.withhold(deliveryId) : custody.isUnderWay(deliveryId);
  return JSON.stringify({ question, workerId, isUnderWay } satisfies CustodyAnswer);
}

export function parseAnswer(payload: string): CustodyAnswer | undefined {
  const { question, workerId, isUnderWay } = fieldsOf(payload);
  if (typeof question !== 'string' || typeof workerId !== 'string') return undefined;
  return typeof isUnderWay === 'boolean' ? { question, workerId, isUnderWay } : undefined;
}

function parseQuestion(payload: string): CustodyQuestion | undefined {
  const { question, deliveryId, isWithholding } = fieldsOf(payload);
  if (typeof question !== 'string' || typeof deliveryId !== 'string') return undefined;
  return typeof isWithholding === 'boolean' ? { question, deliveryId, isWithholding } : undefined;
}

/** Anyone who may use the database may notify, so what comes is looked at. */
function fieldsOf(payload: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(payload);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
