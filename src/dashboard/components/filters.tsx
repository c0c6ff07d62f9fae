import { useEffect, useId, useState } from 'react';
import type { ReactNode } from 'react';

import { IfMay } from '../data/caller.tsx';
import { Icon } from './icon.tsx';

/** The filters of a list, folded away where they would fill the screen; `onClear` takes all out. */
export function FilterBar({
  children,
  onClear,
}: {
  children: ReactNode;
  onClear?: (() => void) | undefined;
}) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <form
      className={`filters ${isOpen ? '' : 'is-folded'}`}
      role="search"
      onSubmit={(event) => event.preventDefault()}
    >
      {children}
      <button
        type="button"
        className="button small narrow-only"
        aria-expanded={isOpen}
        onClick={() => setIsOpen(!isOpen)}
      >
        {isOpen ? 'Fewer filters' : 'Filters'}
      </button>
      {onClear !== undefined && (
        <button type="button" className="button small quiet" onClick={onClear}>
          <Icon name="close" /> Clear filters
        </button>
      )}
    </form>
  );
}

interface SelectProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  options: readonly (readonly [value: string, label: string])[];
}

export function SelectFilter({ label, value, onChange, options }: SelectProps) {
  const id = useId();
  return (
    <div className="filter">
      <label htmlFor={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => onChange(event.target.value)}>
        {options.map(([option, name]) => (
          <option key={option} value={option}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}

interface TextFilterProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  placeholder?: string;
  isSearch?: boolean;
}

/** Applies a moment after the last key, not on each. */
export function TextFilter({
  label,
  value,
  onChange,
  placeholder,
  isSearch = false,
}: TextFilterProps) {
  const id = useId();
  const [draft, setDraft] = useState(value);
  useEffect(() => setDraft(value), [value]);
  useEffect(() => {
    if (draft.trim() === value) return;
    const timer = setTimeout(() => onChange(draft.trim()), 300);
    return () => clearTimeout(timer);
  }, [draft, value, onChange]);
  return (
    <div className={`filter ${isSearch ? 'filter-search' : ''}`}>
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type={isSearch ? 'search' : 'text'}
        value={draft}
        placeholder={placeholder}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => setDraft(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') onChange(draft.trim());
        }}
      />
    </div>
  );
}

/** Whose; for those who can tell tenants apart. */
export function TenantFilter({ value, onChange }: Pick<TextFilterProps, 'value' | 'onChange'>) {
  return (
    <IfMay do="seeAllTenants">
      <TextFilter label="Tenant" value={value} onChange={onChange} />
    </IfMay>
  );
}

/** A moment in local time in the field, in UTC in the URL and to the API. */
export function TimeFilter({ label, value, onChange }: Omit<TextFilterProps, 'placeholder'>) {
  const id = useId();
  return (
    <div className="filter">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type="datetime-local"
        step={1}
        value={toLocal(value)}
        onChange={(event) => {
          const date = new Date(event.target.value);
          onChange(Number.isNaN(date.getTime()) ? '' : date.toISOString());
        }}
      />
    </div>
  );
}

function toLocal(at: string): string {
  const date = new Date(at);
  if (at === '' || Number.isNaN(date.getTime())) return '';
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19);
}

/** One of several, side by side. */
export function Segments<Value extends string>({
  label,
  value,
  options,
  onChange,
}: {
  label: string;
  value: Value;
  options: readonly (readonly [Value, string])[];
  onChange: (value: Value) => void;
}) {
  return (
    <div className="segments" role="group" aria-label={label}>
      {options.map(([option, name]) => (
        <button
          key={option}
          type="button"
          aria-pressed={option === value}
          onClick={() => onChange(option)}
        >
          {name}
        </button>
      ))}
    </div>
  );
}

/** Any of several, side by side; none of them for all. */
export function Choices<Value extends string>({
  label,
  values,
  options,
  onChange,
}: {
  label: string;
  values: readonly Value[];
  options: readonly (readonly [Value, string])[];
  onChange: (values: readonly Value[]) => void;
}) {
  const toggle = (option: Value) =>
    onChange(
      values.includes(option) ? values.filter((value) => value !== option) : [...values, option],
    );
  return (
    <div className="segments" role="group" aria-label={label}>
      <button type="button" aria-pressed={values.length === 0} onClick={() => onChange([])}>
        All
      </button>
      {options.map(([option, name]) => (
        <button
          key={option}
          type="button"
          aria-pressed={values.includes(option)}
          onClick={() => toggle(option)}
        >
          {name}
        </button>
      ))}
    </div>
  );
}
