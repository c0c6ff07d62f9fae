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
 * The server's errors for the member at `pointer` and all within it: `/event_types` takes
 * `/event_types/1` along, with the place said first.
 */
export function errorsAt(error: ApiError | undefined, pointer: string): string[] {
  const said = (error?.items ?? [])
    .filter((item) => isWithin(item, pointer))
    .map((item) => {
      const place = item.pointer.slice(pointer.length + 1);
      const detail = plainly(item.detail);
      return place === '' ? capitalized(detail) : `${placeName(place)}: ${detail}`;
    });
  return [...new Set(said)];
}

/** Errors that no field of the form shows. */
export function otherErrors(
  error: ApiError | undefined,
  pointers: readonly string[],
): ProblemItem[] {
  return (error?.items ?? []).filter((item) => !pointers.some((one) => isWithin(item, one)));
}

/** What a schema says, in the words of who fills a form in. */
export function plainly(detail: string): string {
  if (detail.includes('must match format "uri"')) {
    return 'must be a URL, as https://receiver.example/hooks';
  }
  if (detail.includes('must match format "date-time"')) return 'must be a date with a time';
  if (/must match (?:format "uuid"|pattern ".*\[0-9a-f\].*\{12\}.*")/i.test(detail)) {
    return 'must be an id, as 01936f5e-2a34-7c1b-9d3e-5b6f7a8c9d0e';
  }
  return detail;
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
