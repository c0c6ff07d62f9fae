import { useId } from 'react';

import type { Pair } from '../subscription-draft.ts';
import { Icon } from './icon.tsx';

interface PairEditorProps {
  legend: string;
  hint: string;
  pairs: readonly Pair[];
  errors: readonly string[];
  addLabel: string;
  onChange: (pairs: Pair[]) => void;
}

/** Names and values, a row each. */
export function PairEditor({ legend, hint, pairs, errors, addLabel, onChange }: PairEditorProps) {
  const id = useId();
  const set = (index: number, change: Partial<Pair>) =>
    onChange(pairs.map((pair, at) => (at === index ? { ...pair, ...change } : pair)));
  return (
    <fieldset className={`field ${errors.length > 0 ? 'is-invalid' : ''}`}>
      <legend>
        {legend} <span className="faint">optional</span>
      </legend>
      {pairs.map((pair, index) => (
        <div key={index} className="pair">
          <input
            aria-label={`${legend}: name ${index + 1}`}
            aria-invalid={errors.length > 0 || undefined}
            aria-describedby={`${id}-hint`}
            value={pair.name}
            placeholder="Name"
            onChange={(event) => set(index, { name: event.target.value })}
          />
          <input
            aria-label={`${legend}: value ${index + 1}`}
            value={pair.value}
            placeholder="Value"
            onChange={(event) => set(index, { value: event.target.value })}
          />
          <button
            type="button"
            className="button small quiet"
            aria-label={`Remove ${pair.name || `row ${index + 1}`}`}
            onClick={() => onChange(pairs.filter((_, at) => at !== index))}
          >
            <Icon name="close" />
          </button>
        </div>
      ))}
      <button
        type="button"
        className="button small"
        onClick={() => onChange([...pairs, { name: '', value: '' }])}
      >
        <Icon name="plus" /> {addLabel}
      </button>
      {errors.length > 0 && (
        <ul className="field-errors" role="alert">
          {errors.map((error) => (
            <li key={error}>{error}</li>
          ))}
        </ul>
      )}
      <p className="hint" id={`${id}-hint`}>
        {hint}
      </p>
    </fieldset>
  );
}
