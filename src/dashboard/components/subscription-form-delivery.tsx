import type { SubscriptionDraft } from '../subscription-draft.ts';
import { IfMay } from '../data/caller.tsx';
import { TextField } from './text-field.tsx';

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
        <TextField
          label="Retry schedule"
          errors={errors('/retry_schedule')}
          hint={
            <>
              Waits between attempts, as <code>10s,30s,1m,5m,15m</code>;{' '}
              <code>exponential:2m:5</code> doubles a first wait; <code>standard-webhooks</code>{' '}
              retries for three days; <code>none</code> tries once. Empty: the service’s default.
            </>
          }
          isCode
          isOptional
          list="retry-schedules"
          value={draft.retrySchedule}
          onChange={(retrySchedule) => set({ retrySchedule })}
        />
        <datalist id="retry-schedules">
          {SCHEDULES.map((schedule) => (
            <option key={schedule} value={schedule} />
          ))}
        </datalist>
      </IfMay>
      <div className="field-row">
        <TextField
          label="Timeout, ms"
          hint="1,000 to 30,000"
          errors={errors('/timeout_ms')}
          isOptional
          inputMode="numeric"
          placeholder="default"
          value={draft.timeoutMs}
          onChange={(timeoutMs) => set({ timeoutMs })}
        />
        <TextField
          label="Rate limit"
          hint="Attempts a second"
          errors={errors('/rate_limit')}
          isOptional
          inputMode="numeric"
          placeholder="none"
          value={draft.rateLimit}
          onChange={(rateLimit) => set({ rateLimit })}
        />
        <TextField
          label="Concurrency"
          hint="Attempts at once"
          errors={errors('/max_concurrency')}
          isOptional
          inputMode="numeric"
          placeholder="default"
          value={draft.maxConcurrency}
          onChange={(maxConcurrency) => set({ maxConcurrency })}
        />
      </div>
    </fieldset>
  );
}
