import type { FilterOutcome } from '../data/test-filter.ts';

/** What each condition of a filter says of an event: ✓ where it does what the filter wants. */
export function FilterExplanation({ outcome }: { outcome: FilterOutcome }) {
  return (
    <ul className="result-list">
      {outcome.conditions.map(
        ({ pointer, path, operator, expectedText, actualTexts, matches, negated, detail }) => (
          <li key={pointer}>
            <span aria-hidden="true">{matches === negated ? '✕' : '✓'}</span>{' '}
            <code>
              {negated ? 'not ' : ''}
              {path} {operator} {expectedText}
            </code>{' '}
            <span className="faint">
              {actualTexts.join(', ') || 'nothing'}
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
