import type { EventType, EventTypeUpdate } from './api/types.ts';

/** What the form holds: text as typed, judged by the server alone. */
export interface EventTypeDraft {
  tenant: string;
  name: string;
  description: string;
  schema: string;
  example: string;
  enforce: EventType['enforce'];
  isDeprecated: boolean;
  replacedBy: string;
  /** Take what breaks consumers. */
  allowBreaking: boolean;
}

export function draftOfType(type?: EventType): EventTypeDraft {
  return {
    tenant: type?.tenant ?? '',
    name: type?.name ?? '',
    description: type?.description ?? '',
    schema: printed(type?.schema),
    example: printed(type?.example),
    enforce: type?.enforce ?? 'off',
    isDeprecated: type?.deprecated ?? false,
    replacedBy: type?.replaced_by ?? '',
    allowBreaking: false,
  };
}

/** Throws a SyntaxError where schema or example is no JSON. */
export function membersOfType(draft: EventTypeDraft): EventTypeUpdate {
  return {
    description: draft.description.trim() || null,
    schema: read(draft.schema) as EventTypeUpdate['schema'],
    example: read(draft.example) as never,
    enforce: draft.enforce,
    deprecated: draft.isDeprecated,
    replaced_by: draft.replacedBy.trim() || null,
  };
}

/** What keeps a text from being JSON; an empty one is none, and that is all right. */
export function faultOf(text: string): string | undefined {
  try {
    read(text);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

export function printed(value: unknown): string {
  return value === undefined || value === null ? '' : JSON.stringify(value, null, 2);
}

function read(text: string): unknown {
  return text.trim() === '' ? null : JSON.parse(text);
}
