/**
 * An account of what aggregate must come to, written for clarity alone: it keeps every event, and looks at
 * everything again at each record. It shares no code with the core.
 */
import type { AggregateSettings, AggregationDefinition } from '../../../common/aggregations.js';
import { RecordKind } from '../../../streams/record.js';
import type { TestRecord } from '../../support/batches.js';

interface Event {
  readonly offset: number;
  readonly device: string;
  readonly ts: number;
  readonly arrivalTime: number;
  readonly value: number;
}

interface Window {
  start: number;
  end: number;
  events: Event[];
  closed: boolean;
  revision: number;
}

/** One definition's windows of one device or group. */
interface Book {
  readonly definition: AggregationDefinition;
  readonly key: string;
  /** [bounded event time, arrival] of every event that moved, or could have moved, the clock. */
  readonly clock: [number, number][];
  readonly windows: Window[];
  /** Up to here ticks have closed windows. */
  ticked: number;
}

export interface AccountedWindow {
  readonly definition: string;
  readonly key: string;
  readonly start: number;
  readonly end: number;
  readonly closed: boolean;
  readonly revision: number;
  readonly events: number;
  readonly sum: number;
  readonly first: number;
  readonly last: number;
}

export function account(records: readonly TestRecord[], settings: AggregateSettings) {
  const books = new Map<string, Book>();
  const seen = new Set<string>();
  const lates: { offset: number; definitions: string[] }[] = [];
  const tally = {
    aggregated: 0,
    late: 0,
    duplicate: 0,
    refused: 0,
    ticks: 0,
    ahead: 0,
    behind: 0,
    corrections: 0,
  };
  for (const [offset, { kind, arrivalTime, key = '', payload }] of records.entries()) {
    if (kind === RecordKind.tick) {
      tally.ticks++;
      for (const book of books.values()) tick(book, arrivalTime);
      continue;
    }
    if (typeof payload !== 'object') {
      tally.refused++;
      continue;
    }
    const { ts, seq, eventId, temperature, site } = payload as {
      ts: number;
      seq?: number;
      eventId?: string;
      temperature: number;
      site?: string;
    };
    const name = seq === undefined ? (eventId === undefined ? null : `id ${eventId}`) : `number ${seq}`;
    if (name !== null) {
      if (seen.has(`${key} ${name}`)) {
        tally.duplicate++;
        continue;
      }
      seen.add(`${key} ${name}`);
    }
    if (ts - arrivalTime > settings.maxAheadMs) tally.ahead++;
    if (arrivalTime - ts > settings.maxBehindMs) tally.behind++;
    const event: Event = { offset, device: key, ts, arrivalTime, value: temperature };
    const late: string[] = [];
    let corrects = false;
    const inOrder = [...settings.definitions].sort(
      (a, b) => Number(a.by !== 'device') - Number(b.by !== 'device'),
    );
    for (const definition of inOrder) {
      if (definition.deviceTypes !== null && !definition.deviceTypes.includes('environment')) continue;
      const { by } = definition;
      const tags: Record<string, string> = { type: 'environment', site: site ?? '' };
      const owner = by === 'device' ? key : by.map((tag) => `${tag}=${tags[tag]}`).join(',');
      const id = `${definition.name} ${owner}`;
      if (!books.has(id)) {
        books.set(id, { definition, key: owner, clock: [], windows: [], ticked: Number.NEGATIVE_INFINITY });
      }
      const outcome = take(books.get(id)!, event, settings.maxAheadMs);
      if (outcome.late) late.push(definition.name);
      corrects ||= outcome.corrects;
    }
    if (corrects) tally.corrections++;
    if (late.length === 0) tally.aggregated++;
    else {
      tally.late++;
      lates.push({ offset, definitions: late });
    }
  }
  return { tally, late: lates, windows: [...books.values()].flatMap(rowsOf) };
}

function take(book: Book, event: Event, maxAheadMs: number): { late: boolean; corrects: boolean } {
  const { windows, definition } = book;
  const { window: shape, allowedLatenessMs: lateness } = definition;
  const { ts } = event;
  let corrects = false;
  let late = false;
  const watermark = watermarkOf(book);
  const isClosed = (end: number) => end + lateness <= watermark || end <= book.ticked;
  const put = (window: Window) => {
    window.events.push(event);
    if (window.revision > 0) {
      window.revision++;
      corrects = true;
    }
  };
  const open = (start: number, end: number): Window => {
    const window = { start, end, events: [], closed: false, revision: 0 };
    windows.push(window);
    return window;
  };
  if (shape.type === 'tumbling' || shape.type === 'hopping') {
    const every = shape.type === 'hopping' ? shape.everyMs : shape.sizeMs;
    for (let start = ts - (ts % every); start + shape.sizeMs > ts; start -= every) {
      const end = start + shape.sizeMs;
      if (isClosed(end)) late = true;
      else put(windows.find((window) => window.start === start) ?? open(start, end));
    }
  } else if (shape.type === 'last') {
    const [window = open(0, 0)] = windows;
    const before = window.events;
    const all = [...before, event].sort((a, b) => a.ts - b.ts || a.offset - b.offset);
    window.events = all.slice(-shape.count);
    if (window.events.includes(event)) window.revision++;
    window.end = window.events.at(-1)!.ts + 1;
  } else {
    const closed = windows.filter((window) => window.closed).map((window) => window.end);
    const living = windows.filter((window) => !window.closed).sort((a, b) => a.start - b.start);
    let mine = living.find((window) => window.start <= ts && ts < window.end);
    const behind = living.find((window) => window.start > ts);
    if (Math.max(book.ticked, ...closed) > ts) late = true;
    else if (mine === undefined) {
      const reaches = behind !== undefined && ts + shape.gapMs > behind.start;
      if (reaches && behind.end - ts <= shape.maxMs) {
        mine = behind;
        mine.start = ts;
      } else {
        const end = reaches ? behind.start : ts + shape.gapMs;
        if (isClosed(end)) late = true;
        else mine = open(ts, end);
      }
    }
    if (mine !== undefined && !late) {
      const after = living.find((window) => window !== mine && window.start > ts);
      const wanted = Math.max(mine.end, Math.min(ts + shape.gapMs, mine.start + shape.maxMs));
      if (after === undefined || wanted <= after.start) mine.end = wanted;
      else if (after.end - mine.start > shape.maxMs) mine.end = after.start;
      else {
        mine.end = after.end;
        mine.events.push(...after.events);
        mine.revision = Math.max(mine.revision, after.revision);
        windows.splice(windows.indexOf(after), 1);
      }
      put(mine);
    }
  }
  book.clock.push([Math.min(ts, event.arrivalTime + maxAheadMs), event.arrivalTime]);
  if (shape.type !== 'last') settle(book, watermarkOf(book));
  return { late, corrects };
}

function tick(book: Book, now: number): void {
  if (book.definition.window.type === 'last') return;
  const [time, arrival] = latestOf(book);
  for (const { end } of settle(book, time + now - arrival)) book.ticked = Math.max(book.ticked, end);
}

/** Completes and closes; returns what has closed. */
function settle({ windows, definition }: Book, time: number): Window[] {
  const closing: Window[] = [];
  for (const window of windows) {
    if (window.closed || window.end > time) continue;
    window.revision ||= 1;
    if (window.end + definition.allowedLatenessMs > time) continue;
    window.closed = true;
    closing.push(window);
  }
  return closing;
}

function watermarkOf(book: Book): number {
  return latestOf(book)[0];
}

/** The furthest that the clock was moved; of several events that moved it there, the first. */
function latestOf({ clock }: Book): [number, number] {
  return clock.reduce((latest, one) => (one[0] > latest[0] ? one : latest), [Number.NEGATIVE_INFINITY, 0]);
}

function rowsOf({ definition, key, windows }: Book): AccountedWindow[] {
  return windows.map(({ start, end, closed, revision, events }) => {
    // A stable sort: events of one time stay in the order in which they came.
    const byTime = [...events].sort((a, b) => a.ts - b.ts || a.offset - b.offset);
    return {
      definition: definition.name,
      key,
      start,
      end,
      closed,
      revision,
      events: events.length,
      sum: events.reduce((sum, { value }) => sum + value, 0),
      first: byTime[0]!.value,
      last: byTime.at(-1)!.value,
    };
  });
}
