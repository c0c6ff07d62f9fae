import {
  context,
  createTraceState,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Span,
  type SpanContext,
} from '@opentelemetry/api';

/** W3C Trace Context as headers carry it, of which anything may be absent or nonsense. */
export type TraceHeaders = {
  readonly traceparent?: string | undefined;
  /** Of no meaning without the other. */
  readonly tracestate?: string | undefined;
};

/** A span under way, and how it is carried on: as W3C Trace Context. */
export type TracedSpan = {
  readonly headers: { readonly traceparent: string; readonly tracestate?: string };
  /** `error` in words where it failed. */
  end(attributes: Readonly<Record<string, string | number>>, error?: string): void;
};

/** One trace from accepting an event through every attempt at delivering it. */
export type Tracing = {
  /** @param parent the sender's; without a trace of its own a new one begins */
  startAccept(parent: TraceHeaders, attributes: Readonly<Record<string, string>>): TracedSpan;
  /** @param parent what the event was stored with */
  startAttempt(
    parent: TraceHeaders,
    attributes: Readonly<Record<string, string | number>>,
  ): TracedSpan;
  /** Sends what is left. */
  stop(): Promise<void>;
};

export type TracingOptions = {
  /** Where traces go, path and all. */
  readonly url: string;
  readonly timeoutMs: number;
  /** The attributes of all spans, besides the version. */
  readonly resource: Readonly<Record<string, string>>;
  readonly version: string;
};

const SEND_EVERY_MS = 1_000;

/**
 * Sends spans to an OTLP collector over HTTP. Loaded only where tracing is configured. The exporter
 * itself reads OTEL_EXPORTER_OTLP_HEADERS and its other standard variables.
 */
export async function startTracing({
  url,
  timeoutMs,
  resource,
  version,
}: TracingOptions): Promise<Tracing> {
  const [{ OTLPTraceExporter }, { BatchSpanProcessor, TracerProvider }, resources] =
    await Promise.all([
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/sdk-trace'),
      import('@opentelemetry/resources'),
    ]);
  const exporter = new OTLPTraceExporter({
    url,
    timeoutMillis: timeoutMs,
  });
  const provider = new TracerProvider({
    resource: resources.resourceFromAttributes({
      'service.name': 'posthorn',
      'service.version': version,
      ...resource,
    }),
    spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: SEND_EVERY_MS })],
  });
  const tracer = provider.getTracer('posthorn', version);

  function start(
    name: string,
    kind: SpanKind,
    parent: TraceHeaders,
    attributes: Readonly<Record<string, string | number>>,
  ): TracedSpan {
    const remote = contextOf(parent);
    const around =
      remote === undefined ? ROOT_CONTEXT : trace.setSpanContext(context.active(), remote);
    const span = tracer.startSpan(name, { kind, attributes }, around);
    return {
      headers: headersOf(span),
      end(ended, error) {
        span.setAttributes(ended);
        if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: error });
        span.end();
      },
    };
  }

  return {
    startAccept: (parent, attributes) =>
      start('posthorn.accept', SpanKind.SERVER, parent, attributes),
    startAttempt: (parent, attributes) =>
      start('posthorn.attempt', SpanKind.CLIENT, parent, attributes),
    // A collector that is gone keeps nobody from stopping.
    stop: () => provider.shutdown().catch(() => undefined),
  };
}

function contextOf({ traceparent, tracestate }: TraceHeaders): SpanContext | undefined {
  const parsed = traceparent === undefined ? undefined : parseTraceparent(traceparent);
  return parsed && tracestate !== undefined
    ? { ...parsed, traceState: createTraceState(tracestate) }
    : parsed;
}

function headersOf(span: Span): TracedSpan['headers'] {
  const tracestate = span.spanContext().traceState?.serialize() ?? '';
  return { traceparent: formatTraceparent(span), ...(tracestate !== '' && { tracestate }) };
}

/** https://www.w3.org/TR/trace-context/#traceparent-header */
function parseTraceparent(text: string): SpanContext | undefined {
  const [, version, traceId, spanId, flags] =
    /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(?:-.*)?$/.exec(text.trim()) ?? [];
  if (traceId === undefined || spanId === undefined || version === 'ff') return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags as string, 16) & 1, isRemote: true };
}

function formatTraceparent(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}
