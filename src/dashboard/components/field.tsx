import { useId } from 'react';
import type { ReactNode } from 'react';

import type { ApiError } from '../api/client.ts';
import type { ProblemItem } from '../api/types.ts';

interface ControlProps {
  id: string;
  'aria-describedby': string | undefined;
  'aria-invalid': boolean | undefined;
}

export interface FieldProps {
  label: string;
  hint?: ReactNode | undefined;
  errors?: readonly string[] | undefined;
  isOptional?: boolean | undefined;
  children: (control: ControlProps) => ReactNode;
}

/** A labelled control with its hint and with what the server said about it. */
export function Field({ label, hint, errors = [], isOptional = false, children }: FieldProps) {
  const id = useId();
  const described = [hint !== undefined && `${id}-hint`, errors.length > 0 && `${id}-errors`];
  return (
    <div className={`field ${errors.length > 0 ? 'is-invalid' : ''}`}>
      <label htmlFor={id}>
        {label}
        {isOptional && <span className="faint"> optional</span>}
      </label>
      {children({
        id,
        'aria-describedby': described.filter(Boolean).join(' ') || undefined,
        'aria-invalid': errors.length > 0 || undefined,
      })}
      {errors.length > 0 && (
        <ul id={`${id}-errors`} className="field-errors" role="alert">
          {errors.map((error) => (
            <li key={error}>{error}</li>
          ))}
        </ul>
      )}
      {hint !== undefined && (
        <p id={`${id}-hint`} className="hint">
          {hint}
        </p>
      )}
    </div>
  );
}

/**
 * What the server says of the member at `pointer` and of all within it: `/event_types` takes
 * `/event_types/1` along, with the place said first.
 */
export function errorsAt(error: ApiError | undefined, pointer: string): string[] {
  return (error?.items ?? [])
    .filter((item) => isWithin(item, pointer))
    .map((item) => {
      const place = item.pointer.slice(pointer.length + 1);
      return place === '' ? capitalized(item.detail) : `${placeName(place)}: ${item.detail}`;
    });
}

/** What no field of the form shows. */
export function otherErrors(
  error: ApiError | undefined,
  pointers: readonly string[],
): ProblemItem[] {
  return (error?.items ?? []).filter((item) => !pointers.some((one) => isWithin(item, one)));
}

function isWithin(item: ProblemItem, pointer: string): boolean {
  return item.pointer === pointer || item.pointer.startsWith(`${pointer}/`);
}

function placeName(place: string): string {
  if (/^\d+$/.test(place)) return `No. ${Number(place) + 1}`;
  return place.replaceAll('~1', '/').replaceAll('~0', '~');
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
