/**
 * Runs a seeded fleet against a backend over real MQTT, in real time, and checks what came out: the alerts by
 * subscribing to them, the rest by asking the query API.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type AlertCounts, AlertLedger, watchAlerts } from './alert-watch.js';
import { type Accounting, Api, countOf } from './api.js';
import { type FleetOptions, fleet, type SimulatedDevice, type SimulatedEvent } from './fleet.js';
import { DEFAULT_ORACLE, type Expectation, Oracle } from './oracle.js';
import { Publisher } from './publisher.js';
import { growth, judge, type SimulationReport } from './report.js';

export interface SimulateOptions {
  readonly host: string;
  readonly port: number;
  /** Base address of the query API. */
  readonly http: string;
  readonly devices: number;
  /** Events per second over all devices. */
  readonly rate: number;
  /** seconds */
  readonly duration: number;
  readonly seed: number;
  readonly qos: 0 | 1 | 2;
  /** How long to wait at the end for what is still under way, ms. */
  readonly settleMs?: number;
  /** Ends the sending early; what was sent is still checked. */
  readonly signal?: AbortSignal;
}

export interface SimulationProgress {
  readonly sent: number;
  readonly acknowledged: number;
  /** Events the whole run will send, about. */
  readonly planned: number;
  readonly firing: number;
}

/** Told what happens while it happens. */
export interface SimulationOutput {
  started(options: SimulateOptions, planned: number): void;
  progress(progress: SimulationProgress): void;
  finished(report: SimulationReport): void;
}

const METRIC = 'temperature';
const RULE = 'HighTemperature';
const MAX_CONNECTIONS = 50;
const IN_FLIGHT = 2000;
const TICK_MS = 20;
const PROGRESS_MS = 250;
/** Windows and rollups are asked for by device: of large fleets, only these many. */
const DEVICES_LOOKED_AT = 50;
const MINUTE = 60_000;
/** Later than any event: the query API takes times up to this. */
const FOREVER = 8.64e15;

export async function simulate(
  options: SimulateOptions,
  output: SimulationOutput,
): Promise<SimulationReport> {
  const api = new Api(options.http);
  const before = await api.accounting();
  const ledger = new AlertLedger(RULE);
  const clientIdPrefix = `millrace-simulate-${process.pid}-${Date.now()}`;
  const watcher = await watchAlerts({ ...options, clientId: `${clientIdPrefix}-alerts` }, ledger);
  try {
    const connections = Math.min(options.devices, MAX_CONNECTIONS);
    const publisher = await Publisher.open({ ...options, connections, inFlight: IN_FLIGHT, clientIdPrefix });
    try {
      return await run(options, output, { api, before, ledger, publisher });
    } finally {
      await publisher.close(true);
    }
  } finally {
    await watcher.endAsync(true);
  }
}

interface Parts {
  readonly api: Api;
  readonly before: Accounting;
  readonly ledger: AlertLedger;
  readonly publisher: Publisher;
}

async function run(
  options: SimulateOptions,
  output: SimulationOutput,
  { api, before, ledger, publisher }: Parts,
): Promise<SimulationReport> {
  const settleMs = options.settleMs ?? 15_000;
  const fleetOptions: FleetOptions = {
    seed: options.seed,
    devices: options.devices,
    startTime: Date.now(),
    intervalMs: (options.devices * 1000) / options.rate,
  };
  const devices = fleet(fleetOptions);
  const ids = new Set(devices.map((device) => device.deviceId));
  const lookedAt = devices.slice(0, DEVICES_LOOKED_AT).map((device) => device.deviceId);
  const look = (since: number) => countEvents(api, lookedAt, since, DEFAULT_ORACLE.windowMs);
  // An earlier run may have left events in the windows that this one begins in.
  const present = await look(fleetOptions.startTime);
  const oracle = new Oracle();
  const planned = Math.round(options.rate * options.duration);
  output.started(options, planned);
  const alerts = (): AlertCounts => ledger.counts(oracle.expectation().firing, ids, fleetOptions.startTime);

  const startedAt = performance.now();
  await send(options, fleetOptions, devices, publisher, oracle, () =>
    output.progress({
      sent: publisher.sent,
      acknowledged: publisher.acknowledged,
      planned,
      firing: alerts().received,
    }),
  );
  const seconds = (performance.now() - startedAt) / 1000;
  await publisher.drain(settleMs);

  const expectation = oracle.expectation();
  const windowsExpected = eventsOf(expectation, lookedAt);
  const deadline = performance.now() + settleMs;
  for (;;) {
    const after = await api.accounting();
    const late = performance.now() >= deadline;
    // Windows and rollups cost two requests per device: only asked for when there is hope that they are complete.
    if (!late && Object.values(after.total.inFlight).some((events) => events > 0)) {
      await delay(PROGRESS_MS);
      continue;
    }
    const found = await look(fleetOptions.startTime);
    const grown = growth(before.total, after.total);
    const report = judge({
      seed: options.seed,
      devices: options.devices,
      seconds,
      sent: publisher.sent,
      acknowledged: publisher.acknowledged,
      stored: grown.stored,
      valid: { expected: expectation.valid, actual: grown.valid },
      quarantined: { expected: expectation.quarantined, actual: grown.quarantined },
      alerts: { ...alerts(), expected: expectation.firing.length, expectedResolved: expectation.resolved },
      windows: {
        devices: lookedAt.length,
        expected: windowsExpected,
        actual: found.inWindows - present.inWindows,
      },
      rollups: { expected: found.inMinutes, actual: found.inRollups },
      errors: [...publisher.errors].map(([message, times]) => `${message} (${times} times)`),
      qos: options.qos,
      balanced: after.balanced,
    });
    if (late || (report.ok && report.rollups.actual >= report.rollups.expected)) {
      output.finished(report);
      return report;
    }
    await delay(PROGRESS_MS);
  }
}

async function send(
  options: SimulateOptions,
  { startTime }: FleetOptions,
  devices: readonly SimulatedDevice[],
  publisher: Publisher,
  oracle: Oracle,
  onProgress: () => void,
): Promise<void> {
  const series = devices.map((device) => device.events());
  const next: SimulatedEvent[] = series.map((events) => events.next().value);
  const endTime = startTime + options.duration * 1000;
  const startedAt = performance.now();
  let progressAt = startedAt;
  for (;;) {
    // The monotonic clock: events keep coming when somebody sets the system's clock.
    const elapsed = performance.now() - startedAt;
    const now = Math.min(startTime + elapsed, endTime);
    for (let i = 0; i < next.length; i++) {
      let event = next[i]!;
      while (event.time <= now && event.time < endTime) {
        await publisher.room();
        publisher.publish(i, `devices/${event.deviceId}/telemetry`, event.payload);
        oracle.add(event);
        event = series[i]!.next().value;
      }
      next[i] = event;
    }
    if (performance.now() - progressAt >= PROGRESS_MS) {
      progressAt = performance.now();
      onProgress();
    }
    if (now >= endTime || options.signal?.aborted === true) break;
    await delay(TICK_MS);
  }
  onProgress();
}

interface EventCounts {
  /** In the window that `since` lies in and later ones. */
  readonly inWindows: number;
  /** In the windows of the minute that `since` lies in and later ones: what rollups have to hold. */
  readonly inMinutes: number;
  readonly inRollups: number;
}

async function countEvents(
  api: Api,
  deviceIds: readonly string[],
  since: number,
  windowMs: number,
): Promise<EventCounts> {
  const minute = since - (since % MINUTE);
  const window = since - (since % windowMs);
  const counts = { inWindows: 0, inMinutes: 0, inRollups: 0 };
  for (const deviceId of deviceIds) {
    const [windows, rollups] = await Promise.all([
      api.windows(deviceId, METRIC, minute, FOREVER),
      api.rollups(deviceId, METRIC, '1m', minute, FOREVER),
    ]);
    const current = windows.filter((one) => Date.parse(one.start) >= window);
    counts.inWindows += countOf(current, METRIC);
    counts.inMinutes += countOf(windows, METRIC);
    counts.inRollups += countOf(rollups, METRIC);
  }
  return counts;
}

function eventsOf(expectation: Expectation, deviceIds: readonly string[]): number {
  let events = 0;
  for (const deviceId of deviceIds) {
    for (const window of expectation.windows.get(deviceId) ?? []) events += window.count;
  }
  return events;
}
