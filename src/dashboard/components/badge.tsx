import type { ReactNode } from 'react';

import type { Attempt, Delivery, SubscriptionStatus } from '../api/types.ts';
import { STATUS, isHeld } from '../explain.ts';
import type { Tone } from '../explain.ts';

interface BadgeProps {
  tone: Tone;
  mark?: string;
  title?: string;
  children: ReactNode;
}

export function Badge({ tone, mark, title, children }: BadgeProps) {
  return (
    <span className={`badge tone-${tone}`} title={title}>
      {mark !== undefined && (
        <span className="badge-mark" aria-hidden="true">
          {mark}
        </span>
      )}
      {children}
    </span>
  );
}

export function DeliveryBadge({ delivery }: { delivery: Pick<Delivery, 'status' | 'reason'> }) {
  const { label, tone, mark } = STATUS[delivery.status];
  if (delivery.reason === 'retry_scheduled') {
    return (
      <Badge tone="busy" mark="↻">
        Retrying
      </Badge>
    );
  }
  if (isHeld(delivery)) {
    return (
      <Badge tone="held" mark="‖">
        Held
      </Badge>
    );
  }
  return (
    <Badge tone={tone} mark={mark}>
      {label}
    </Badge>
  );
}

const SUBSCRIPTION: Readonly<
  Record<SubscriptionStatus, { label: string; tone: Tone; mark: string }>
> = {
  active: { label: 'Active', tone: 'good', mark: '●' },
  paused: { label: 'Paused', tone: 'held', mark: '‖' },
  disabled: { label: 'Disabled', tone: 'bad', mark: '✕' },
};

export function SubscriptionBadge({ status }: { status: SubscriptionStatus }) {
  const { label, tone, mark } = SUBSCRIPTION[status];
  return (
    <Badge tone={tone} mark={mark}>
      {label}
    </Badge>
  );
}

/** The HTTP status of an attempt, or the kind of its failure where there was no answer. */
export function AttemptBadge({
  attempt,
}: {
  attempt: Pick<Attempt, 'outcome' | 'status_code' | 'error'>;
}) {
  const { outcome, status_code, error } = attempt;
  const tone = outcome === 'success' ? 'good' : outcome === 'failure' ? 'bad' : 'busy';
  const label = status_code ?? error?.kind.replaceAll('_', ' ') ?? 'no answer';
  return (
    <Badge tone={tone} mark={outcome === 'success' ? '✓' : '✕'} title={error?.message ?? 'Taken'}>
      {label}
    </Badge>
  );
}
