import type { EventType } from '../api/types.ts';
import { Badge } from './badge.tsx';

/** The properties of a type that senders and receivers should see first. */
export function EventTypeBadges({ type }: { type: Pick<EventType, 'enforce' | 'deprecated'> }) {
  return (
    <span className="badges">
      {type.deprecated && (
        <Badge tone="bad" mark="✕">
          Deprecated
        </Badge>
      )}
      {type.enforce === 'warn' && (
        <Badge
          tone="held"
          mark="!"
          title="Payloads that do not match the schema are accepted with a warning"
        >
          Warns
        </Badge>
      )}
      {type.enforce === 'reject' && (
        <Badge tone="good" mark="✓" title="Payloads that do not match the schema are refused">
          Enforced
        </Badge>
      )}
    </span>
  );
}
