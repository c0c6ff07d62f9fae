import type { EventType, EventTypeUpdate } from './api/types.ts';

/** The content of the form: text as typed, validated by the server alone. */
export interface EventTypeDraft {
  tenant: string;
  name: string;
  description: string;
  /** JSON, as `example`. */
  schema: string;
  example: string;
  enforce: EventType['enforce'];
  isDeprecated: boolean;
  replacedBy: string;
  /** Take what breaks consumers. */
  allowBreaking: boolean;
}

/** An event type, with its schema and example as they are written. */
export interface WrittenEventType {
  type: EventType;
  schema: string;
  example: string;
}

export const EMPTY_TYPE: EventTypeDraft = {
  tenant: '',
  name: '',
  description: '',
  schema: '',
  example: '',
  enforce: 'off',
  isDeprecated: false,
  replacedBy: '',
  allowBreaking: false,
};

export function draftOfType({ type, schema, example }: WrittenEventType): EventTypeDraft {
  return {
    ...EMPTY_TYPE,
    tenant: type.tenant,
    name: type.name,
    description: type.description ?? '',
    schema,
    example,
    enforce: type.enforce,
    isDeprecated: type.deprecated,
    replacedBy: type.replaced_by ?? '',
  };
}

/** Schema and example go as texts beside these. */
export function membersOfType(draft: EventTypeDraft): EventTypeUpdate {
  return {
    description: draft.description.trim() || null,
    enforce: draft.enforce,
    deprecated: draft.isDeprecated,
    replaced_by: draft.replacedBy.trim() || null,
  };
}
