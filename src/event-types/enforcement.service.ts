import type { Enforcement } from './event-type.ts';
import { AppError, type FieldError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Catalogue, Rules } from './catalogue.ts';
import { SchemaError } from './payload-schema.ts';

/** An event that somebody wants accepted. Pointers are into the body of the request. */
export type Inspected = {
  readonly eventType: string;
  /** The payload, a JSON text. */
  readonly payload: string;
  /** The payload as JSON.parse reads it. */
  readonly value: unknown;
  /** Where the payload stands. */
  readonly pointer: string;
  /** Where the event stands. */
  readonly eventPointer: string;
};

export type EnforcementService = {
  /** Whether nothing of the tenant's is enforced on these types: known at once, or not at all. */
  isFree(tenant: string, eventTypes: readonly { readonly eventType: string }[]): boolean;
  /**
   * Deviations from the catalogue that are accepted anyway; undefined: none.
   *
   * @throws AppError `invalid_payload`, `unknown_event_type`
   */
  inspect(tenant: string, events: readonly Inspected[]): Promise<FieldError[] | undefined>;
};

export type EnforcementServiceDeps = {
  catalogue: Catalogue;
  unknownEventTypes: 'allow' | 'warn' | 'reject';
  logger: Logger;
  /** Called for each event that is not as it should be. */
  onViolation?(enforced: 'warn' | 'reject'): void;
};

type Violation = {
  readonly enforce: Exclude<Enforcement, 'off'>;
  readonly code: 'invalid_payload' | 'unknown_event_type';
  readonly eventType: string;
  readonly errors: readonly FieldError[];
};

const DETAILS = {
  invalid_payload: 'The payload is not what the schema of its event type says.',
  unknown_event_type: 'The event type is not in the catalogue.',
} as const;
const MAX_WARNINGS = 32;

/** Holds what is published against the catalogue, as far as that is asked for. */
export function createEnforcementService(deps: EnforcementServiceDeps): EnforcementService {
  const { catalogue, unknownEventTypes, logger, onViolation } = deps;

  async function judge(
    tenant: string,
    rules: Rules,
    event: Inspected,
  ): Promise<Violation | undefined> {
    const { eventType, eventPointer } = event;
    const rule = rules.get(eventType);
    if (rule === undefined) {
      if (unknownEventTypes === 'allow') return undefined;
      return {
        enforce: unknownEventTypes,
        code: 'unknown_event_type',
        eventType,
        errors: [{ pointer: `${eventPointer}/event_type`, detail: 'is not in the catalogue' }],
      };
    }
    if (rule.enforce === 'off') return undefined;
    const faults = await findFaults(tenant, rule, event);
    if (faults.length === 0) return undefined;
    const errors = faults.map(({ pointer, detail }) => ({
      pointer: `${event.pointer}${pointer}`,
      detail,
    }));
    return { enforce: rule.enforce, code: 'invalid_payload', eventType, errors };
  }

  async function findFaults(tenant: string, rule: Rule, { payload, value }: Inspected) {
    try {
      const schema = await catalogue.schemaOf(tenant, rule);
      return schema?.findFaults(payload, value) ?? [];
    } catch (error) {
      if (!(error instanceof SchemaError)) throw error;
      return [{ pointer: '', detail: 'could not be checked: its schema cannot be used' }];
    }
  }

  function tell(tenant: string, { enforce, code, eventType, errors }: Violation): void {
    onViolation?.(enforce);
    logger.warn(
      { tenant, event_type: eventType, code, reason: enforce, count: errors.length },
      'an event is not as the catalogue says',
    );
  }

  return {
    isFree(tenant, eventTypes) {
      if (unknownEventTypes !== 'allow') return false;
      const rules = catalogue.peek(tenant);
      return (
        rules !== undefined &&
        (rules.size === 0 || !eventTypes.some(({ eventType }) => rules.has(eventType)))
      );
    },

    async inspect(tenant, events) {
      const rules = catalogue.peek(tenant) ?? (await catalogue.get(tenant));
      const violations: Violation[] = [];
      for (const event of events) {
        const violation = await judge(tenant, rules, event);
        if (violation !== undefined) violations.push(violation);
      }
      if (violations.length === 0) return undefined;
      const refused = violations.filter(({ enforce }) => enforce === 'reject');
      // A warning does not apply where another event of the request was refused.
      for (const violation of refused.length > 0 ? refused : violations) tell(tenant, violation);
      const code = refused[0]?.code;
      if (code !== undefined) {
        throw new AppError(code, DETAILS[code], {
          errors: refused.flatMap(({ errors }) => errors),
        });
      }
      return violations.flatMap(({ errors }) => errors).slice(0, MAX_WARNINGS);
    },
  };
}

type Rule = NonNullable<ReturnType<Rules['get']>>;
