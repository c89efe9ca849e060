/**
 * HTTP ingest: `POST /telemetry` (an event, or an array of events, each with its deviceId) and
 * `POST /devices/{id}/telemetry` (the same for one device). Answers 202 when everything it accepted is durable.
 *
 * What cannot be attributed to a device is refused and not stored. What the schema refuses is stored all the same, as
 * over MQTT, and ends in quarantine; its verdict says so, because here the publisher is still on the line.
 */
import { isUtf8 } from 'node:buffer';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Counters } from '../counters.js';
import type { Ingest } from '../ingest.js';
import { isDeviceId, type TelemetryRoute } from '../topics.js';
import { problemResponse } from './problem.js';

/** What the device type's schema says of an event, ahead of the validate function. */
export interface Verdict {
  readonly code: string;
  readonly reason: string;
  readonly keyword: string | null;
  readonly pointer: string | null;
}
export type Judge = (deviceId: string, payload: Uint8Array) => Verdict | null;

export interface IngestRoutesOptions {
  readonly ingest: Ingest;
  readonly counters: Counters;
  readonly judge: Judge;
  readonly routeOf: (deviceId: string) => TelemetryRoute;
  /** Longest time to wait for durability before answering 503 (ms). */
  readonly patienceMs: number;
  readonly maxBodyBytes: number;
}

/** Each event gets a verdict: without a bound, a body of `[0,0,0,…]` would make an answer of many times its size. */
const MAX_EVENTS = 10_000;
/** Well beyond what any schema takes (such events go to quarantine), well below what overflows the stack. */
const MAX_BATCHED_DEPTH = 500;

interface EventVerdict {
  readonly index: number;
  readonly deviceId: string | null;
  readonly status: 'accepted' | 'rejected';
  /** True when a rejected event is kept in quarantine. */
  readonly quarantined?: boolean;
  readonly code?: string;
  readonly reason?: string;
  readonly keyword?: string | null;
  readonly pointer?: string | null;
}

export function ingestRoutes(options: IngestRoutesOptions): Hono {
  const app = new Hono();
  const limit = bodyLimit({
    maxSize: options.maxBodyBytes,
    onError: () =>
      problemResponse(413, 'BODY_TOO_LARGE', `the body is larger than ${options.maxBodyBytes} bytes`),
  });
  app.post('/telemetry', limit, async (c) => answer(options, await bytesOf(c), null));
  app.post('/devices/:id/telemetry', limit, async (c) => {
    const deviceId = c.req.param('id');
    if (!isDeviceId(deviceId))
      return problemResponse(400, 'DEVICE_ID_INVALID', `'${deviceId}' is no device id`);
    return answer(options, await bytesOf(c), deviceId);
  });
  return app;
}

async function bytesOf(c: Context): Promise<Buffer> {
  return Buffer.from(await c.req.arrayBuffer());
}

async function answer(
  options: IngestRoutesOptions,
  body: Buffer,
  deviceId: string | null,
): Promise<Response> {
  if (!isUtf8(body)) {
    options.counters.increment('refused_http_not_utf8');
    return problemResponse(400, 'NOT_UTF8', 'the body is not UTF-8');
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString());
  } catch (error) {
    options.counters.increment('refused_http_json_syntax');
    return problemResponse(400, 'JSON_SYNTAX', `the body is no JSON: ${(error as Error).message}`);
  }
  const appended: Promise<void>[] = [];
  let results: EventVerdict[];
  if (!Array.isArray(parsed)) {
    // One event is stored as it came, to the last digit.
    results = [take(options, parsed, 0, deviceId, () => body, appended)];
  } else if (parsed.length > MAX_EVENTS) {
    options.counters.increment('refused_http_too_many_events');
    return problemResponse(
      413,
      'TOO_MANY_EVENTS',
      `${parsed.length} events, ${MAX_EVENTS} are taken at once`,
    );
  } else {
    results = parsed.map((event, index) => take(options, event, index, deviceId, serialized, appended));
  }
  if (!(await settled(appended, options.patienceMs))) {
    return problemResponse(
      503,
      'STREAM_UNAVAILABLE',
      'the events could not be made durable yet; send them again',
      {
        'retry-after': '5',
      },
    );
  }
  const accepted = results.filter(({ status }) => status === 'accepted').length;
  return Response.json({ accepted, rejected: results.length - accepted, results }, { status: 202 });
}

function take(
  options: IngestRoutesOptions,
  event: unknown,
  index: number,
  pathDevice: string | null,
  payloadOf: (event: object) => Buffer | undefined,
  appended: Promise<void>[],
): EventVerdict {
  const { ingest, counters } = options;
  const refuse = (deviceId: string | null, code: string, reason: string): EventVerdict => {
    counters.increment(`refused_http_${code.toLowerCase()}`);
    return { index, deviceId, status: 'rejected', quarantined: false, code, reason };
  };
  if (typeof event !== 'object' || event === null || Array.isArray(event)) {
    return refuse(pathDevice, 'NOT_AN_OBJECT', 'an event is a JSON object');
  }
  const deviceId = pathDevice ?? (event as { deviceId?: unknown }).deviceId;
  if (typeof deviceId !== 'string' || !isDeviceId(deviceId)) {
    return refuse(null, 'DEVICE_ID_INVALID', 'deviceId is missing, or no device id');
  }
  const payload = payloadOf(event);
  if (payload === undefined) {
    return refuse(deviceId, 'TOO_DEEP', `an event of a batch is nested ${MAX_BATCHED_DEPTH} levels at most`);
  }
  const refusal = ingest.refusal(payload);
  if (refusal !== null) return refuse(deviceId, refusal.code, refusal.message);
  appended.push(
    new Promise((resolve, reject) => {
      ingest.accept(options.routeOf(deviceId), payload, true, (error) => (error ? reject(error) : resolve()));
    }),
  );
  const verdict = options.judge(deviceId, payload);
  if (verdict === null) return { index, deviceId, status: 'accepted' };
  return { index, deviceId, status: 'rejected', quarantined: true, ...verdict };
}

/** An event cut out of a batch, or undefined when it is nested deeper than may be recursed into. */
function serialized(event: object): Buffer | undefined {
  return deeperThan(event, MAX_BATCHED_DEPTH) ? undefined : Buffer.from(JSON.stringify(event));
}

function deeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((member) => deeperThan(member, levels - 1));
}

/** Whether all appends succeeded in time. */
async function settled(appends: readonly Promise<void>[], patienceMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), patienceMs);
  });
  const all = Promise.all(appends).then(
    () => true,
    () => false,
  );
  return Promise.race([all, late]).finally(() => clearTimeout(timer));
}
