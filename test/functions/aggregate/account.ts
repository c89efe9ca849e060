/**
 * An account of what aggregate must come to, written for clarity alone: it keeps every event, and looks at
 * everything again at each record.
 */
import { RecordKind } from '../../../streams/record.js';
import type { TestRecord } from '../../support/batches.js';

interface Event {
  readonly ts: number;
  readonly arrivalTime: number;
  readonly seq: number | undefined;
  readonly value: number;
}

interface Book {
  readonly seen: Event[];
  readonly windows: Map<number, { events: Event[]; closed: 'no' | 'by the watermark' | 'by a tick' }>;
}

export function account(records: readonly TestRecord[], size: number, lateness: number) {
  const books = new Map<string, Book>();
  const tally = { aggregated: 0, late: 0, duplicate: 0, refused: 0, ticks: 0 };
  for (const { kind, arrivalTime, key = '', payload } of records) {
    if (kind === RecordKind.tick) {
      tally.ticks++;
      for (const { seen, windows } of books.values()) {
        const latest = latestOf(seen);
        for (const [start, window] of windows) {
          const clock = latest.ts + arrivalTime - latest.arrivalTime;
          if (window.closed === 'no' && start + size + lateness <= clock) window.closed = 'by a tick';
        }
      }
      continue;
    }
    if (typeof payload !== 'object') {
      tally.refused++;
      continue;
    }
    const { ts, seq, temperature } = payload as { ts: number; seq?: number; temperature: number };
    const event: Event = { ts, arrivalTime, seq, value: temperature };
    if (!books.has(key)) books.set(key, { seen: [], windows: new Map() });
    const { seen, windows } = books.get(key)!;
    if (seq !== undefined && seen.some((other) => other.seq === seq)) {
      tally.duplicate++;
      continue;
    }
    const start = ts - (ts % size);
    const watermark = seen.length === 0 ? Number.NEGATIVE_INFINITY : latestOf(seen).ts - lateness;
    const ticked = [...windows].some(([other, { closed }]) => closed === 'by a tick' && other >= start);
    seen.push(event);
    if (start + size <= watermark || ticked) tally.late++;
    else {
      tally.aggregated++;
      if (!windows.has(start)) windows.set(start, { events: [], closed: 'no' });
      windows.get(start)!.events.push(event);
    }
    for (const [other, window] of windows) {
      if (window.closed === 'no' && other + size <= latestOf(seen).ts - lateness)
        window.closed = 'by the watermark';
    }
  }
  return { tally, windows: [...books].sort(([x], [y]) => (x < y ? -1 : 1)).flatMap(rowsOf) };
}

/** The event of the latest time; of several, the first that came. */
function latestOf(events: readonly Event[]): Event {
  return events.reduce((latest, event) => (event.ts > latest.ts ? event : latest));
}

function rowsOf([deviceId, { windows }]: [string, Book]) {
  return [...windows]
    .sort(([x], [y]) => x - y)
    .map(([start, { events, closed }]) => {
      const values = events.map((event) => event.value);
      // A stable sort: events of one time stay in the order in which they came.
      const byTime = [...events].sort((x, y) => x.ts - y.ts);
      return {
        deviceId,
        start,
        closed: closed !== 'no',
        events: events.length,
        count: values.length,
        sum: values.reduce((sum, value) => sum + value),
        min: Math.min(...values),
        max: Math.max(...values),
        first: byTime[0]!.value,
        last: byTime.at(-1)!.value,
      };
    });
}
