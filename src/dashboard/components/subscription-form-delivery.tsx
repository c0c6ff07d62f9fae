import type { SubscriptionDraft } from '../subscription-draft.ts';
import { IfMay } from '../data/caller.tsx';
import { Field } from './field.tsx';

export interface PartProps {
  draft: SubscriptionDraft;
  set: (change: Partial<SubscriptionDraft>) => void;
  errors: (pointer: string) => string[];
}

const SCHEDULES = [
  'standard-webhooks',
  'svix',
  'exponential',
  'short',
  '10s,30s,1m,5m,15m',
  'none',
];

/** How deliveries are made: pace, patience and retries. */
export function DeliveryFields({ draft, set, errors }: PartProps) {
  return (
    <fieldset className="group">
      <legend>Delivery</legend>
      <IfMay do="operate">
        <Field
          label="Retry schedule"
          errors={errors('/retry_schedule')}
          hint={
            <>
              Waits between attempts, as <code>10s,30s,1m,5m,15m</code>;{' '}
              <code>exponential:2m:5</code> doubles a first wait; <code>standard-webhooks</code>{' '}
              goes on for three days; <code>none</code> tries once. Empty: the service’s default.
            </>
          }
          isOptional
        >
          {(control) => (
            <>
              <input
                {...control}
                className="mono"
                list="retry-schedules"
                autoComplete="off"
                spellCheck={false}
                value={draft.retrySchedule}
                onChange={(event) => set({ retrySchedule: event.target.value })}
              />
              <datalist id="retry-schedules">
                {SCHEDULES.map((schedule) => (
                  <option key={schedule} value={schedule} />
                ))}
              </datalist>
            </>
          )}
        </Field>
      </IfMay>
      <div className="field-row">
        <Field label="Timeout, ms" errors={errors('/timeout_ms')} hint="1,000 to 30,000" isOptional>
          {(control) => (
            <input
              {...control}
              inputMode="numeric"
              placeholder="default"
              value={draft.timeoutMs}
              onChange={(event) => set({ timeoutMs: event.target.value })}
            />
          )}
        </Field>
        <Field
          label="Rate limit"
          errors={errors('/rate_limit')}
          hint="Attempts a second"
          isOptional
        >
          {(control) => (
            <input
              {...control}
              inputMode="numeric"
              placeholder="none"
              value={draft.rateLimit}
              onChange={(event) => set({ rateLimit: event.target.value })}
            />
          )}
        </Field>
        <Field
          label="Concurrency"
          errors={errors('/max_concurrency')}
          hint="Attempts at once"
          isOptional
        >
          {(control) => (
            <input
              {...control}
              inputMode="numeric"
              placeholder="default"
              value={draft.maxConcurrency}
              onChange={(event) => set({ maxConcurrency: event.target.value })}
            />
          )}
        </Field>
      </div>
    </fieldset>
  );
}
