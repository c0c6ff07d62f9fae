import type { JsonSchema } from './json-schema.ts';

/** The treatment of a payload that does not match the schema of its type. */
export type Enforcement = 'off' | 'warn' | 'reject';

/** An entry of a tenant's catalogue, in the API's own names. */
export type EventType = {
  readonly tenant: string;
  readonly name: string;
  readonly description: string | null;
  readonly schema: JsonSchema | null;
  /** Counts the schemas that the type has had. */
  readonly version: number;
  /** Null: none. */
  readonly example: unknown;
  readonly deprecated_at: Date | null;
  readonly replaced_by: string | null;
  readonly enforce: Enforcement;
  readonly created_at: Date;
  readonly updated_at: Date;
};

/** The request of a client: absent members keep their value or default. */
export type EventTypeInput = {
  readonly description?: string | null;
  readonly schema?: JsonSchema | null;
  readonly example?: unknown;
  readonly deprecated?: boolean;
  readonly replaced_by?: string | null;
  readonly enforce?: Enforcement;
};

/** The most that a tenant may have: every process that takes events in keeps their names. */
export const MAX_EVENT_TYPES = 1_000;
