/**
 * What the load driver is told and what it answers: both JSON, one on its command line, one on its stdout.
 */
import type { Latency } from '../../simulators/drivers/latency.js';

/** `closed`: each connection always has `inFlight` events unacknowledged. `open`: events are due at a fixed rate. */
export type DriverMode = 'closed' | 'open';

export interface DriverConfig {
  readonly host: string;
  readonly port: number;
  readonly mode: DriverMode;
  /** Events per second due over all connections; only with mode `open`. */
  readonly rate: number;
  /** Length of the measured interval. */
  readonly seconds: number;
  /** Load before it that is sent and checked like all other, but not measured. */
  readonly warmupSeconds: number;
  readonly connections: number;
  readonly devices: number;
  /** QoS 1 publishes per connection that may be unacknowledged at the same time. */
  readonly inFlight: number;
  /** First `seq` of every device. Runs against one backend must not share numbers: it would book duplicates. */
  readonly seqStart: number;
  /** Rule whose alerts are matched to events; null: no subscriber, for a broker alone. */
  readonly alertRule: string | null;
  /** How long to wait, after the last event, for acknowledgements and then for alerts. */
  readonly drainSeconds: number;
  /** An event sent more than this after it was due counts as `sentLate`. */
  readonly lateAfterMs: number;
  /** Process to measure over the measured interval, or null. */
  readonly serverPid: number | null;
  /** Seconds between two readings of the server's memory. */
  readonly sampleSeconds: number;
}

export const DRIVER_DEFAULTS: DriverConfig = {
  host: '127.0.0.1',
  port: 1883,
  mode: 'closed',
  rate: 0,
  seconds: 10,
  warmupSeconds: 2,
  connections: 200,
  devices: 1000,
  inFlight: 20,
  seqStart: 10_000_000,
  alertRule: 'HighTemperature',
  drainSeconds: 20,
  lateAfterMs: 10,
  serverPid: null,
  sampleSeconds: 1,
};

export interface AlertFigures {
  /** Hot events that were acknowledged: each must have given exactly one firing alert. */
  readonly expected: number;
  /** Of those, how many did. */
  readonly received: number;
  readonly missing: number;
  /** Firing alerts beyond the first for the same event. */
  readonly duplicate: number;
  /** Firing alerts for events that are not hot, or not of this run. */
  readonly unexpected: number;
  readonly resolved: number;
  /** From the time the triggering event was due. */
  readonly latencyMs: Latency;
  /** From the time it was written to the socket. */
  readonly latencyFromSendMs: Latency;
  /** Up to five events without their alert, `device/seq`, for whoever has to find out why. */
  readonly missingExamples: readonly string[];
}

export interface ServerFigures {
  /** User and system time of all its threads within the measured interval. */
  readonly cpuSeconds: number;
  readonly cpuSecondsPerMillion: number;
  /** Highest resident size since the measured interval began (VmHWM, reset), bytes. */
  readonly peakRssBytes: number;
  readonly rss: readonly { readonly second: number; readonly bytes: number }[];
}

export interface DriverResult {
  readonly config: DriverConfig;
  readonly sent: number;
  readonly acknowledged: number;
  /** Sent, but not acknowledged within `drainSeconds`. */
  readonly unacknowledged: number;
  readonly hot: number;
  readonly malformed: number;
  /** Events due but never sent, because the connection's in-flight limit was reached until the end. */
  readonly unsent: number;
  readonly sentLate: number;
  /** Within the measured interval. */
  readonly measured: {
    readonly seconds: number;
    readonly acknowledged: number;
    readonly eventsPerSecond: number;
  };
  /** From due to written: the driver's own timer (1 to 2 ms), and the in-flight limit when the server holds back. */
  readonly sendLagMs: Latency;
  /** From the time the event was due to its PUBACK. */
  readonly ackLatencyMs: Latency;
  readonly ackLatencyFromSendMs: Latency;
  readonly alerts: AlertFigures | null;
  readonly driverCpuSeconds: number;
  readonly driverCpuSecondsPerMillion: number;
  readonly server: ServerFigures | null;
  /** Seconds from the last event to the last acknowledgement and alert waited for. */
  readonly drainSeconds: number;
  /** Connections lost, unknown acknowledgements, and the like; empty in a good run. */
  readonly errors: readonly string[];
}
