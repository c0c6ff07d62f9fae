import { escapePointer } from '../base/json-pointer.ts';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ErrorObject, Options } from 'ajv';
import addFormats from 'ajv-formats';
import type { FastifySchemaCompiler } from 'fastify';

import { DOCUMENT_ID } from './document.ts';
import type { ApiDocument, JsonSchema } from './document.ts';

/**
 * Bodies up to this size, in characters, are searched for every fault; of a larger one only the
 * first is reported, for a megabyte of faults would cost a hundred megabytes of errors.
 */
const MAX_EXPLAINED_LENGTH = 64 * 1024;

/**
 * Compiles request schemas. Parameters arrive as text and are coerced, and get their defaults; a
 * body is taken as it is: neither coerced, nor stripped, nor filled in.
 */
export function buildValidatorCompiler(document: ApiDocument): FastifySchemaCompiler<JsonSchema> {
  const parameters = buildAjv(document, {
    allErrors: true,
    // 'array' also makes a list of one from a query parameter given once.
    coerceTypes: 'array',
    useDefaults: true,
    // Otherwise bounds pass over Infinity, which is what 1e400 becomes.
    strictNumbers: false,
  });
  const body = buildAjv(document);
  const bodyFaults = buildAjv(document, { allErrors: true });

  return ({ schema, httpPart }) => {
    if (httpPart !== 'body') return parameters.compile(schema);
    const validate = body.compile(schema);
    const explain = bodyFaults.compile(schema);
    return (data: unknown) => {
      if (validate(data)) return true;
      const errors = validate.errors;
      if (JSON.stringify(data).length > MAX_EXPLAINED_LENGTH) return { error: errors as never };
      explain(data);
      return { error: explain.errors as never };
    };
  };
}

/** Ajv as every check of this document uses it: draft 2020-12, strict, references resolvable. */
export function buildAjv(document: ApiDocument, options: Options = {}): Ajv2020 {
  const ajv = new Ajv2020({ strict: true, removeAdditional: false, ...options });
  addFormats.default(ajv);
  // A name in any script, as the URL parser reads it; ajv-formats knows ASCII alone.
  ajv.addFormat('iri', (text) => !/\s/.test(text) && URL.canParse(text));
  // Strict mode knows no keywords but JSON Schema's own; this one holds the schemas referred to.
  ajv.addKeyword('components');
  ajv.addSchema({ $id: DOCUMENT_ID, components: document.components });
  return ajv;
}

/** Where and why one Ajv error occurred: a JSON pointer within the validated value, a sentence. */
export function describeError(
  error: Pick<ErrorObject, 'instancePath' | 'keyword' | 'params' | 'message'>,
): { pointer: string; detail: string } {
  const { params, keyword } = error;
  const property: unknown =
    params.missingProperty ?? params.additionalProperty ?? params.unevaluatedProperty;
  const pointer =
    typeof property === 'string'
      ? `${error.instancePath}/${escapePointer(property)}`
      : error.instancePath;
  if (params.missingProperty !== undefined) return { pointer, detail: 'is required' };
  if (typeof property === 'string') return { pointer, detail: 'is not allowed' };
  if (keyword === 'enum') {
    return { pointer, detail: `must be one of ${params.allowedValues.map(String).join(', ')}` };
  }
  return { pointer, detail: error.message ?? 'is not valid' };
}
