/**
 * Devices of a test and an independent count of what must come out: every event is remembered when it is made, and
 * windows are worked out from that alone.
 */

export interface DeviceEvent {
  readonly deviceId: string;
  readonly seq: number;
  /** Epoch ms. */
  readonly ts: number;
  readonly temperature: number;
  readonly humidity: number;
  readonly battery: number;
  /** Further members of the payload. */
  readonly more?: Readonly<Record<string, string>>;
}

/** Figures of one window and metric, as far as the test compares them. */
export interface ExpectedFigures {
  count: number;
  sum: number;
  min: number;
  max: number;
}

export interface ExpectedWindow {
  /** Epoch ms. */
  readonly start: number;
  events: number;
  readonly metrics: Record<'temperature' | 'humidity' | 'battery', ExpectedFigures>;
}

export function topicOf(deviceId: string): string {
  return `devices/${deviceId}/telemetry`;
}

export function payloadOf(event: DeviceEvent): string {
  const { seq, ts, temperature, humidity, battery, more } = event;
  return JSON.stringify({ ts, seq, temperature, humidity, battery, ...more });
}

/** Members that make a payload about `kilobytes` KB larger. */
export function padding(kilobytes: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: kilobytes }, (_, n) => [`pad${n}`, 'x'.repeat(1000)]));
}

/**
 * Windows by device and start. Values must be multiples of 1/4, so that sums are exact in any order.
 * @param events each event once, whatever was sent twice
 */
export function windowsOf(
  events: Iterable<DeviceEvent>,
  windowMs = 10_000,
): Map<string, Map<number, ExpectedWindow>> {
  const devices = new Map<string, Map<number, ExpectedWindow>>();
  for (const event of events) {
    const windows = devices.get(event.deviceId) ?? new Map<number, ExpectedWindow>();
    devices.set(event.deviceId, windows);
    const start = Math.floor(event.ts / windowMs) * windowMs;
    const window = windows.get(start) ?? emptyWindow(start);
    windows.set(start, window);
    window.events++;
    for (const metric of ['temperature', 'humidity', 'battery'] as const) {
      const figures = window.metrics[metric];
      const value = event[metric];
      figures.count++;
      figures.sum += value;
      figures.min = Math.min(figures.min, value);
      figures.max = Math.max(figures.max, value);
    }
  }
  return devices;
}

function emptyWindow(start: number): ExpectedWindow {
  const figures = () => ({
    count: 0,
    sum: 0,
    min: Number.POSITIVE_INFINITY,
    max: Number.NEGATIVE_INFINITY,
  });
  return { start, events: 0, metrics: { temperature: figures(), humidity: figures(), battery: figures() } };
}
