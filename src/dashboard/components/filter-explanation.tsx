import type { FilterTestResult } from '../api/types.ts';

/** What each condition of a filter says of an event: ✓ where it does what the filter wants. */
export function FilterExplanation({ result }: { result: FilterTestResult }) {
  return (
    <ul className="result-list">
      {result.explanation.map(
        ({ pointer, path, operator, expected, actual, matches, negated, detail }) => (
          <li key={pointer}>
            <span aria-hidden="true">{matches === negated ? '✕' : '✓'}</span>{' '}
            <code>
              {negated ? 'not ' : ''}
              {path} {operator} {JSON.stringify(expected)}
            </code>{' '}
            <span className="faint">
              {sayActual(actual)}
              {detail === null
                ? matches === negated
                  ? ', which must not be'
                  : ''
                : `, which ${detail}`}
            </span>
          </li>
        ),
      )}
    </ul>
  );
}

function sayActual(actual: readonly unknown[]): string {
  return actual.length === 0 ? 'nothing' : actual.map((value) => JSON.stringify(value)).join(', ');
}
