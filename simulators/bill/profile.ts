/**
 * What a bill is made for: the load, the deployment that takes it, and what is assumed where nothing was measured.
 * Sizes are bytes, rates are per second, KB, MB and GB are powers of 1,024 as on AWS' bills.
 */
export const KB = 1024;
export const MB = 1024 * KB;
export const GB = 1024 * MB;

/** What serverless.yml says, as AWS understands it: local overrides do not count. */
export interface DeploymentSettings {
  readonly architecture: Architecture;
  readonly streams: readonly StreamSettings[];
  readonly functions: readonly FunctionSettings[];
  /** Of aggregate's windows. */
  readonly windowSeconds: number;
  /** How long a window stays open for late events. */
  readonly latenessSeconds: number;
  /** How long rows are kept, in days. */
  readonly retentionDays: {
    readonly windows: number;
    readonly rollups: { readonly '1m': number; readonly '1h': number; readonly '1d': number };
    readonly quarantine: number;
    readonly alerts: number;
  };
  readonly logRetentionDays: number;
}

export type Architecture = 'arm64' | 'x86_64';

export interface StreamSettings {
  readonly name: string;
  /** Shards, or partitions. */
  readonly partitions: number;
  readonly retentionHours: number;
}

export interface BatchSettings {
  readonly batchSize: number;
  readonly batchWindowSeconds: number;
  readonly parallelizationFactor: number;
}

export interface FunctionSettings {
  readonly name: string;
  readonly memoryMB: number;
  readonly streams: readonly ({ readonly stream: string } & BatchSettings)[];
  /** Scheduled runs in a month. */
  readonly runsPerMonth: number;
  /** It answers HTTP requests. */
  readonly http: boolean;
}

/** How long a function takes on one whole vCPU of the machine that measured it, without waiting for a store. */
export interface FunctionTimes {
  readonly msPerInvocation: number;
  readonly msPerRecord: number;
}

export interface LoadProfile {
  readonly devices: number;
  /** Open connections on average. */
  readonly connections: number;
  readonly eventsPerSecond: { readonly mean: number; readonly peak: number };
  readonly payloadBytes: { readonly mean: number; readonly p95: number };
  readonly hoursPerMonth: number;
  /** Alerts told: one that fires and resolves is two. */
  readonly alertsPerSecond: number;
  readonly apiRequestsPerSecond: number;
  /** Share of events that validation refuses. */
  readonly refusedShare: number;
  /** By function; others take `Assumptions.times`. */
  readonly times: Readonly<Record<string, FunctionTimes>>;
  readonly settings: DeploymentSettings;
}

/** The stream that the gateway writes to, and the one that `alert` writes to. */
export const TELEMETRY = 'telemetry';
export const ALERTS = 'alerts';

/** What a load is when nothing else is said. */
export const DEFAULT_LOAD = {
  devices: 1000,
  /** Seconds between two events of a device. */
  interval: 10,
  /** Peak rate by mean rate. */
  peakFactor: 2,
  payloadBytes: 160,
  /** Alerts told by event. */
  alertShare: 0.0001,
  apiRequestsPerSecond: 1,
  hoursPerMonth: 730,
} as const;

export interface Assumptions {
  readonly topicBytes: number;
  /** Device id, as partition key. */
  readonly keyBytes: number;
  /** A record in Lambda's Kinesis event besides its data: names, two ids of 56 digits, three ARNs. */
  readonly envelopeBytes: number;
  /** Parsing of that event and base64 by record, which the local path does without: 0.27 M records/s were measured. */
  readonly envelopeMs: number;
  readonly times: FunctionTimes;
  /** Time on a Lambda vCPU by time on the measuring machine's core. */
  readonly vcpuFactor: number;
  /** Memory at which Lambda gives one whole vCPU, MB. */
  readonly vcpuMemoryMB: number;
  /** A call to DynamoDB or IoT Core, ms; rows go so many a call and so many calls at a time. */
  readonly storeMs: number;
  readonly rowsPerCall: number;
  readonly callsAtOnce: number;
  /** Share of invocations that find no usable state in their environment and read it anew. */
  readonly staleShare: number;
  readonly initMs: number;
  /** How long Lambda keeps an environment. */
  readonly environmentHours: number;
  /** Lambda's poll of a shard: without a longer batch window, records wait for it. With fan-out they are pushed. */
  readonly pollSeconds: number;
  readonly pushSeconds: number;
  /** Of a shard's limits. */
  readonly shardUtilization: number;
  readonly connectsPerDay: number;
  readonly alertSubscribers: number;
  /** A window or rollup row, and any other row. */
  readonly windowRowBytes: number;
  readonly rowBytes: number;
  /** What an invocation leaves in CloudWatch Logs: START, END, REPORT. */
  readonly logBytes: number;
  readonly apiResponseBytes: number;
  readonly apiMs: number;
  readonly apiReadUnits: number;
}

export const ASSUMPTIONS: Assumptions = {
  topicBytes: 32,
  keyBytes: 12,
  envelopeBytes: 550,
  envelopeMs: 0.004,
  times: { msPerInvocation: 1, msPerRecord: 0.006 },
  vcpuFactor: 1,
  vcpuMemoryMB: 1769,
  storeMs: 10,
  rowsPerCall: 25,
  callsAtOnce: 10,
  staleShare: 0.1,
  initMs: 375,
  environmentHours: 2,
  pollSeconds: 1,
  pushSeconds: 0.07,
  shardUtilization: 0.8,
  connectsPerDay: 1,
  alertSubscribers: 1,
  windowRowBytes: 700,
  rowBytes: 400,
  logBytes: 350,
  apiResponseBytes: 4096,
  apiMs: 5,
  apiReadUnits: 2,
};

/** What is chosen on AWS; the same load is priced with other choices for comparison. */
export interface Choices {
  readonly architecture: Architecture;
  readonly kinesis: 'provisioned' | 'on-demand' | 'advantage';
  readonly enhancedFanOut: boolean;
  readonly basicIngest: boolean;
  readonly freeTier: boolean;
}

/**
 * The same fleet with another number of devices: linear in events, connections and alerts. People do not multiply with
 * devices, so the API's requests stay.
 */
export function scaled(profile: LoadProfile, devices: number): LoadProfile {
  const factor = devices / profile.devices;
  const { mean, peak } = profile.eventsPerSecond;
  return {
    ...profile,
    devices,
    connections: profile.connections * factor,
    eventsPerSecond: { mean: mean * factor, peak: peak * factor },
    alertsPerSecond: profile.alertsPerSecond * factor,
  };
}

/** Of a month. */
export function secondsOf({ hoursPerMonth }: LoadProfile): number {
  return hoursPerMonth * 3600;
}

/**
 * Metering steps that an event takes on average, when all that is known of sizes is the mean and the 95th percentile:
 * 95 of 100 events are as large as the mean, the others as the percentile.
 */
export function steps({ mean, p95 }: LoadProfile['payloadBytes'], extraBytes: number, step: number): number {
  const of = (bytes: number) => Math.max(1, Math.ceil((bytes + extraBytes) / step));
  return 0.95 * of(mean) + 0.05 * of(Math.max(mean, p95));
}
