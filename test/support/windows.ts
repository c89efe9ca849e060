/** Compares the windows a product answers with an independent count. */
import { type DeviceEvent, type ExpectedWindow, windowsOf } from './devices.js';
import type { Json } from './json.js';
import type { Reader } from './reader.js';

/** Expects every device's windows, all pages, to be those that the distinct events make, and no others. */
export async function expectWindows(reader: Reader, events: Iterable<DeviceEvent>): Promise<void> {
  for (const [deviceId, expected] of windowsOf(events)) {
    const answered = await reader.all(`/devices/${encodeURIComponent(deviceId)}/windows`);
    const actual = answered.map(comparable).sort((a, b) => a.start - b.start);
    const wanted = [...expected.values()].sort((a, b) => a.start - b.start);
    expect({ deviceId, windows: actual }).toEqual({ deviceId, windows: wanted });
  }
}

function comparable(window: Json): ExpectedWindow {
  const figures = (metric: string) => {
    const { count, sum, min, max } = window.metrics[metric];
    return { count, sum, min, max };
  };
  return {
    start: Date.parse(window.start),
    events: window.events,
    metrics: {
      temperature: figures('temperature'),
      humidity: figures('humidity'),
      battery: figures('battery'),
    },
  };
}
