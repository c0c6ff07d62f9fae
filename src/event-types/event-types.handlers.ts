import { oneTenantFor, tenantFor } from '../access/tenant.ts';
import { AppError } from '../base/errors.ts';
import { assertNotReserved } from './reserved-event-type.ts';
import { exactBody } from '../http/json-body.ts';
import { decodeCursor, page } from '../paging/pagination.ts';
import { parseExact } from '../json/exact-json.ts';
import { NoJsonNumberError, parseExactYaml } from '../json/exact-yaml.ts';
import type { Handlers, InputOf } from '../http/contract.ts';
import { toEventTypeResource } from './event-type.resource.ts';
import type { EventTypeInput } from './event-type.ts';
import type { EventTypeService } from './event-types.service.ts';
import { escapePointer } from '../base/json-pointer.ts';
import { DocumentError, readWebhooks, writeWebhooks } from './openapi-webhooks.ts';
import { declareTypes } from './typescript.ts';

type EventTypeHandlers = Pick<
  Handlers,
  | 'createEventType'
  | 'listEventTypes'
  | 'importEventTypes'
  | 'getEventType'
  | 'replaceEventType'
  | 'updateEventType'
  | 'deleteEventType'
  | 'getEventTypeDeclarations'
  | 'getEventTypeDocument'
>;

/** Parsing YAML takes a hundred times as long as JSON. */
const MAX_YAML_BYTES = 262_144;

export function eventTypeHandlers({
  eventTypes,
}: {
  eventTypes: EventTypeService;
}): EventTypeHandlers {
  async function update({ params, query, body, principal, request }: InputOf<'updateEventType'>) {
    const tenant = oneTenantFor(principal, query.tenant, '/query/tenant');
    assertNotReserved([{ eventType: params.name, pointer: '/path/name' }]);
    const updated = await eventTypes.update(
      tenant,
      params.name,
      exactBody(request, body) as EventTypeInput,
      {
        allowBreaking: query.allow_breaking === true,
      },
    );
    return { status: 200 as const, body: toEventTypeResource(updated) };
  }

  return {
    async createEventType({ body, principal, request }) {
      const { tenant: named, name, ...input } = exactBody(request, body);
      const tenant = oneTenantFor(principal, named, '/tenant');
      assertNotReserved([{ eventType: name, pointer: '/name' }]);
      const created = await eventTypes.create(tenant, name, input as EventTypeInput);
      return {
        status: 201,
        headers: { Location: `/event-types/${encodeURIComponent(name)}` },
        body: toEventTypeResource(created),
      };
    },

    async listEventTypes({ query, principal }) {
      const { limit, cursor, q: text } = query;
      const after = cursor === undefined ? undefined : decodeCursor(cursor, ['text', 'text']);
      const rows = await eventTypes.list(
        { tenant: tenantFor(principal, query.tenant, '/query/tenant'), text },
        { limit: limit + 1, after },
      );
      const { data, next_cursor } = page(rows, limit, (type) => [type.tenant, type.name]);
      return { status: 200, body: { data: data.map(toEventTypeResource), next_cursor } };
    },

    async importEventTypes({ query, body, principal, request }) {
      const isDryRun = query.dry_run === true;
      const tenant = oneTenantFor(principal, query.tenant, '/query/tenant');
      const types = readDocument(body, request.headers['content-type'] ?? '');
      assertNotReserved(
        types.map(({ name }) => ({ eventType: name, pointer: `/webhooks/${escapePointer(name)}` })),
      );
      const imported = await eventTypes.import(tenant, types, {
        isDryRun,
        allowBreaking: query.allow_breaking === true,
      });
      return {
        status: 200,
        body: {
          dry_run: isDryRun,
          data: imported.map((one) => ({ ...one, breaking: [...one.breaking] })),
        },
      };
    },

    async getEventType({ params, query, principal }) {
      const found = await eventTypes.get(
        oneTenantFor(principal, query.tenant, '/query/tenant'),
        params.name,
      );
      return { status: 200, body: toEventTypeResource(found) };
    },

    // As with subscriptions: both set what is named.
    replaceEventType: update,
    updateEventType: update,

    async deleteEventType({ params, query, principal }) {
      await eventTypes.delete(oneTenantFor(principal, query.tenant, '/query/tenant'), params.name);
      return { status: 204 };
    },

    async getEventTypeDeclarations({ query, principal }) {
      const found = await eventTypes.listAll(
        oneTenantFor(principal, query.tenant, '/query/tenant'),
      );
      return { status: 200, body: declareTypes(found) };
    },

    async getEventTypeDocument({ query, principal }) {
      const found = await eventTypes.listAll(
        oneTenantFor(principal, query.tenant, '/query/tenant'),
      );
      const described = found.map((type) => ({ ...type, deprecated: type.deprecated_at !== null }));
      return { status: 200, body: writeWebhooks(described) };
    },
  };
}

function readDocument(body: Buffer, contentType: string) {
  const document = /json/i.test(contentType) ? readJson(body) : readYaml(body);
  try {
    return readWebhooks(document);
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    throw new AppError('invalid_request', 'The OpenAPI document cannot be imported.', {
      errors: error.faults,
      cause: error,
    });
  }
}

function readJson(body: Buffer): unknown {
  try {
    return parseExact(body.toString());
  } catch (cause) {
    throw new AppError('invalid_json', 'The body is not valid JSON.', { cause });
  }
}

function readYaml(body: Buffer): unknown {
  if (body.length > MAX_YAML_BYTES) {
    throw new AppError('payload_too_large', 'YAML may have 256 KiB, JSON 1 MiB.');
  }
  try {
    return parseExactYaml(body.toString());
  } catch (cause) {
    const detail =
      cause instanceof NoJsonNumberError ? `${cause.message}.` : 'The body is not valid YAML.';
    throw new AppError('invalid_request', detail, { cause });
  }
}
