/** Puts the HTTP side together: ingest with its judge, health, metrics, control, and the functions with httpApi triggers. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Hono } from 'hono';
import type { Registry } from 'prom-client';
import type { Clock } from '../common/clock.js';
import type { Counters } from '../gateway/counters.js';
import { ingestRoutes, type Judge } from '../gateway/http/ingest-routes.js';
import { EventDecoder } from '../schemas/decode.js';
import { loadSchemas } from '../schemas/registry.js';
import { partitionOf } from '../streams/partitioner.js';
import type { Stream, StreamHealth } from '../streams/stream.js';
import { functionsReport } from './function-report.js';
import type { Functions } from './functions.js';
import type { Gateway } from './gateway.js';
import { httpApp } from './http/app.js';
import { type ControlAccess, functionGuard, isLoopback } from './http/control-access.js';
import { functionsRoute } from './http/functions-route.js';
import { type InvocationRoutesOptions, invocationRoutes } from './http/invocation-routes.js';
import type { Manifest } from './manifest/manifest.js';

export interface GatewayAppOptions {
  readonly manifest: Manifest;
  /** Where it listens. */
  readonly host: string;
  /** The one that stamps arrival times: a verdict ahead of time must be the one that validate comes to. */
  readonly clock: Clock;
  readonly gateway: Pick<Gateway, 'ingest' | 'problem'>;
  readonly counters: Counters;
  /** Those in effect. */
  readonly functions: () => Functions;
  readonly enqueue: InvocationRoutesOptions['enqueue'];
  readonly streams: ReadonlyMap<string, Stream>;
  readonly telemetry: Stream;
  readonly metrics: Registry;
  readonly serving: () => boolean;
}

/** How long a publisher over HTTP waits for durability before it is told to come again (ms). */
const PATIENCE_MS = 5_000;
const MAX_BODY_BYTES = 6 * 1024 * 1024;
export function gatewayApp(options: GatewayAppOptions): Hono {
  const { functions, manifest, host, metrics } = options;
  const access = { loopback: isLoopback(host), remote: manifest.settings.gateway.remoteControl };
  return httpApp({
    ingest: ingestApp(options),
    control: controlRoutes(options, access),
    router: { match: (method, path) => functions().router.match(method, path) },
    poolOf: (name) => functions().poolOf(name),
    refuse: functionGuard(access, (name) => functions().manifest.settings.functions[name]?.control === true),
    health: () => healthOf(options),
    serving: options.serving,
    metrics: async () => ({ contentType: metrics.contentType, text: await metrics.metrics() }),
  });
}

/** Nothing without the role: this process takes nothing in. */
function ingestApp({ manifest, gateway, counters, clock, telemetry }: GatewayAppOptions): Hono {
  if (gateway.ingest === undefined) return new Hono();
  return ingestRoutes({
    ingest: gateway.ingest,
    counters,
    judge: schemaJudge(manifest, clock),
    routeOf: (deviceId) => ({ deviceId, partition: partitionOf(deviceId, telemetry.partitions) }),
    patienceMs: PATIENCE_MS,
    maxBodyBytes: MAX_BODY_BYTES,
  });
}

function healthOf({ streams, gateway }: GatewayAppOptions): Record<string, StreamHealth> {
  const health = Object.fromEntries([...streams.values()].map((stream) => [stream.name, stream.health()]));
  const problem = gateway.problem();
  return problem === null ? health : { ...health, mqtt: { writable: false, ...problem } };
}

function controlRoutes({ functions, streams, enqueue }: GatewayAppOptions, access: ControlAccess): Hono {
  const poolOf = (name: string) => functions().pools.get(name);
  const report = () =>
    functionsReport(functions().manifest, { activity: functions(), streams: [...streams.values()] });
  return invocationRoutes({ access, poolOf, enqueue }).route('/', functionsRoute(access, report));
}

/**
 * The validate function's own verdict, ahead of time: same decoder, same schemas, same settings. A project without
 * schemas takes everything.
 */
function schemaJudge({ settings }: Manifest, clock: Clock): Judge {
  const folder = join(settings.root, 'schemas');
  if (!existsSync(folder)) return () => null;
  const decoder = new EventDecoder(loadSchemas(folder), settings);
  return (deviceId, payload) => {
    const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
    const decoded = decoder.decodeBytes(bytes, 0, bytes.length, deviceId, clock.now());
    if (decoded.ok) return null;
    const { code, reason, keyword, pointer } = decoded;
    return { code, reason, keyword, pointer };
  };
}
