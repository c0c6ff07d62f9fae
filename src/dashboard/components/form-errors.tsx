import type { ApiError } from '../api/client.ts';
import { otherErrors, plainly } from './field.tsx';
import { ErrorNotice, Notice } from './notice.tsx';

/** What was refused and stands at no field; else that the fields say it. */
export function FormErrors({
  error,
  pointers,
  title = 'Not saved',
}: {
  error: ApiError | undefined;
  /** What has a field of its own. */
  pointers: readonly string[];
  title?: string;
}) {
  if (error === undefined || error.items.length === 0) return <ErrorNotice error={error} />;
  const others = otherErrors(error, pointers);
  return (
    <Notice tone="bad" title={title}>
      {others.length === 0 ? (
        'See the marked fields above.'
      ) : (
        <ul>
          {others.map(({ pointer, detail }) => (
            <li key={pointer + detail}>
              {pointer} {plainly(detail)}
            </li>
          ))}
        </ul>
      )}
    </Notice>
  );
}
