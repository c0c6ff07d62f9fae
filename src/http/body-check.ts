import { AppError } from '../base/errors.ts';
import { DOCUMENT_ID, type ApiDocument } from '../openapi/document.ts';
import { buildAjv, describeError } from '../openapi/validation.ts';

/** Throws AppError `invalid_request`, with every fault, unless the value is what the schema says. */
export type BodyCheck = (value: unknown) => void;

const MAX_ERRORS = 32;

/**
 * Checks a value that a handler has read itself, since it keeps the bytes, against a schema of
 * the document.
 */
export function buildBodyCheck(document: ApiDocument, schemaName: string): BodyCheck {
  const validate = buildAjv(document, { allErrors: true }).compile({
    $ref: `${DOCUMENT_ID}#/components/schemas/${schemaName}`,
  });
  return (value) => {
    if (validate(value)) return;
    throw new AppError('invalid_request', 'The body is not valid for this operation.', {
      errors: (validate.errors ?? []).slice(0, MAX_ERRORS).map(describeError),
    });
  };
}
