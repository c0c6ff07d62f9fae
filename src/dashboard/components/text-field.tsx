import type { InputHTMLAttributes, TextareaHTMLAttributes } from 'react';

import { Field } from './field.tsx';
import type { FieldProps } from './field.tsx';

interface TextProps extends Omit<FieldProps, 'children'> {
  value: string;
  onChange: (value: string) => void;
  /** Names, patterns and JSON: in a fixed width, and not to be corrected. */
  isCode?: boolean;
}

type Own = 'value' | 'onChange' | 'id' | 'className';
type TextFieldProps = TextProps & Omit<InputHTMLAttributes<HTMLInputElement>, Own>;
type TextAreaProps = TextProps & Omit<TextareaHTMLAttributes<HTMLTextAreaElement>, Own>;

const CODE = { className: 'mono', autoComplete: 'off', spellCheck: false } as const;

/** A line of text with its label, its hint and what the server said about it. */
export function TextField({ value, onChange, isCode = false, ...rest }: TextFieldProps) {
  const { label, hint, errors, isOptional, ...input } = rest;
  return (
    <Field label={label} hint={hint} errors={errors} isOptional={isOptional}>
      {(control) => (
        <input
          {...(isCode && CODE)}
          {...input}
          {...control}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}

/** As {@link TextField}, over several lines. */
export function TextArea({ value, onChange, isCode = false, ...rest }: TextAreaProps) {
  const { label, hint, errors, isOptional, ...input } = rest;
  return (
    <Field label={label} hint={hint} errors={errors} isOptional={isOptional}>
      {(control) => (
        <textarea
          {...(isCode && CODE)}
          {...input}
          {...control}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}
