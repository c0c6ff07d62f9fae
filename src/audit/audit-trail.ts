import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { DEFAULT_TENANT } from '../access/tenant.ts';
import type { Operation } from '../openapi/document.ts';
import type { AuditService } from './audit.service.ts';

/** Reads that matter when somebody asks later who knew. */
const TELLING_READS = ['getSubscriptionSecret'];

/**
 * Writes each call of an operation that changes something, or shows a secret, to the audit log
 * before it is answered: once the answer is there, so is the entry. Calls that the key does not allow
 * leave none, or anyone could fill the log. Routes that send events in or read are left as they are.
 */
export function auditCalls(
  app: FastifyInstance,
  operations: readonly Operation[],
  audit: AuditService,
): void {
  const audited = new Set(operations.filter(isAudited).map(({ id }) => id));
  const tenants = new WeakMap<FastifyRequest, string>();

  async function noteTenant(request: FastifyRequest): Promise<void> {
    const { url = '' } = request.routeOptions;
    const id = textIn(request.params, 'id');
    const named = textIn(request.params, 'tenant');
    if (request.principal?.tenant !== null) return;
    if (named !== undefined) tenants.set(request, named);
    if (url.startsWith('/event-types/')) {
      tenants.set(request, textIn(request.query, 'tenant') ?? DEFAULT_TENANT);
    }
    if (id === undefined) return;
    // A deleted subscription could no longer be read.
    if (!url.startsWith('/subscriptions/')) return;
    const tenant = await audit.tenantOfSubscription(id);
    if (tenant !== undefined) tenants.set(request, tenant);
  }

  async function record(request: FastifyRequest, reply: FastifyReply, payload: unknown) {
    const { principal } = request;
    const { operationId } = request.routeOptions.config;
    if (!principal?.actor || operationId === undefined) return payload;
    await audit.record({
      actor: principal.actor,
      tenant: principal.tenant ?? tenants.get(request) ?? statedTenant(reply, payload),
      operation: operationId,
      target_id: targetOf(request, reply),
      status: reply.statusCode,
      address: request.ip,
      request_id: request.id,
    });
    return payload;
  }

  app.addHook('onRoute', (route) => {
    if (!audited.has(route.config?.operationId ?? '')) return;
    route.preHandler = [route.preHandler ?? [], noteTenant].flat();
    route.onSend = [route.onSend ?? [], record].flat();
  });
}

function isAudited({ id, method, security }: Operation): boolean {
  const isChange = method !== 'GET' && method !== 'HEAD';
  return (
    (isChange || TELLING_READS.includes(id)) &&
    security.some(({ bearer }) => bearer?.includes('admin') === true)
  );
}

function targetOf({ params }: FastifyRequest, reply: FastifyReply): string | null {
  const made =
    String(reply.getHeader('location') ?? '')
      .split('/')
      .at(-1) ?? '';
  return textIn(params, 'id') ?? textIn(params, 'name') ?? (decodeURIComponent(made) || null);
}

/** The `tenant` of what a successful answer shows. */
function statedTenant(reply: FastifyReply, payload: unknown): string | null {
  if (reply.statusCode >= 300 || typeof payload !== 'string' || payload === '') return null;
  return textIn(JSON.parse(payload), 'tenant') ?? null;
}

function textIn(value: unknown, name: string): string | undefined {
  const found: unknown =
    typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
  return typeof found === 'string' ? found : undefined;
}
