import { useEffect, useRef } from 'react';
import type { FormEvent, ReactNode } from 'react';

import type { Action } from '../data/use-action.ts';

interface FormProps<Arguments extends unknown[]> {
  action: Action<Arguments>;
  onSubmit: () => void;
  children: ReactNode;
}

/** A form whose faults the server finds: after a refusal the first refused field has the focus. */
export function Form<Arguments extends unknown[]>({
  action: { error },
  onSubmit,
  children,
}: FormProps<Arguments>) {
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (error !== undefined) focusFault(form.current);
  }, [error]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSubmit();
    // What this page refuses itself has been marked already.
    focusFault(form.current);
  };
  return (
    <form ref={form} className="form" onSubmit={submit} noValidate>
      {children}
    </form>
  );
}

function focusFault(form: HTMLFormElement | null): void {
  form?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
}
