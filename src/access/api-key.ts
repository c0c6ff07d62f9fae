import type { Grant, Scope } from '../base/principal.ts';
import { generateToken, isWellFormedToken } from './token.ts';

export { digestOf } from './token.ts';

/** A key as its owner sees it: all but the key itself, of which only a digest is stored. */
export type ApiKey = {
  id: string;
  name: string | null;
  /** How the key begins, to recognize it by. */
  prefix: string;
  scopes: Scope[];
  /** Null is every tenant. */
  tenant: string | null;
  created_at: Date;
  /** To the minute. */
  last_used_at: Date | null;
  expires_at: Date | null;
};

const MARK = 'ph_';
const SHOWN_LENGTH = 6;

/** A new key, recognizable by `ph_`. */
export function generateKey(): string {
  return generateToken(MARK);
}

/** Whether it may be one of our keys: mistyped and invented ones never reach the database. */
export function isWellFormed(key: string): boolean {
  return isWellFormedToken(MARK, key);
}

export function prefixOf(key: string): string {
  return key.slice(0, MARK.length + SHOWN_LENGTH);
}

/** Whether one of the scopes held is one of those that would do. */
export function allows(held: readonly Grant[], sufficient: readonly Grant[]): boolean {
  return held.includes('admin') || sufficient.some((scope) => held.includes(scope));
}
