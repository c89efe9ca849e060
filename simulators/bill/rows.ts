/**
 * What Millrace's functions read and write in DynamoDB, by what their code commits (see `stores/`). Pure.
 *
 * Assumed: plain conditional writes (1 WRU a KB), consistent reads (1 RRU per 4 KB), rows removed by DynamoDB's own
 * time to live (no charge), and an index entry for each window and rollup row, which the change feed of `rollup` needs.
 * Devices report in turn, so a batch of n records has min(n, devices) of them; that is the most there can be.
 */
import type { Assumptions, LoadProfile } from './profile.js';

export interface Rows {
  /** Rows that are read or written: what the waiting for the store goes by. */
  readonly rows: number;
  readonly writeUnits: number;
  readonly readUnits: number;
}

export interface RowsContext {
  readonly profile: LoadProfile;
  readonly assumptions: Assumptions;
  /** Devices whose records come to one lane. */
  readonly devices: number;
}

const NONE: Rows = { rows: 0, writeUnits: 0, readUnits: 0 };
/** Row and index entry. */
const INDEXED = 2;

const writeUnits = (bytes: number) => Math.ceil(bytes / 1024);

/** Of one invocation with so many records. Other people's functions are taken to store nothing. */
export function rowsOf(name: string, records: number, context: RowsContext): Rows {
  switch (name) {
    case 'validate':
      return validateRows(records, context);
    case 'aggregate':
      return aggregateRows(records, context);
    case 'alert':
      return alertRows(records, context);
    case 'notify':
      // One row a notification: was it delivered? and: it was.
      return { rows: 2 * records, writeUnits: records, readUnits: records };
    default:
      return NONE;
  }
}

/** The partition's tally, the latest event of each device, and what was refused. */
function validateRows(records: number, { profile, assumptions, devices }: RowsContext): Rows {
  const distinct = Math.min(records, devices);
  const refused = records * profile.refusedShare;
  const written = 1 + distinct + refused;
  const read = assumptions.staleShare * (1 + distinct);
  const bytes = assumptions.rowBytes + profile.payloadBytes.mean;
  return {
    rows: written + read,
    writeUnits: 1 + (distinct + refused) * writeUnits(bytes),
    readUnits: read,
  };
}

/** The tally, each device's progress, the windows that the batch touches, and those that close meanwhile. */
function aggregateRows(records: number, { profile, assumptions, devices }: RowsContext): Rows {
  const { windowSeconds, latenessSeconds } = profile.settings;
  const distinct = Math.min(records, devices);
  const interval = profile.devices / profile.eventsPerSecond.mean;
  const perDevice = records / Math.max(distinct, Number.MIN_VALUE);
  const touched = distinct * Math.max(1, Math.min(perDevice, (perDevice * interval) / windowSeconds));
  // Each window closes once, with a write of its own: the lateness lies between its last event and its end.
  const closed = records * Math.min(1, interval / windowSeconds);
  const windows = (touched + closed) * INDEXED * writeUnits(assumptions.windowRowBytes);
  const open = Math.ceil(latenessSeconds / windowSeconds) + 1;
  const read = assumptions.staleShare * devices;
  return {
    rows: 1 + distinct + touched + closed + read * (1 + open),
    writeUnits: 1 + distinct * writeUnits(assumptions.rowBytes) + windows,
    readUnits: read * (1 + Math.ceil((open * assumptions.windowRowBytes) / 4096)),
  };
}

/** Nothing for ordinary events; state and history for each alert. */
function alertRows(records: number, { profile, assumptions, devices }: RowsContext): Rows {
  const changed = (records * profile.alertsPerSecond) / profile.eventsPerSecond.mean;
  const read = assumptions.staleShare * Math.min(records, devices);
  return { rows: 2 * changed + read, writeUnits: 2 * changed * 2, readUnits: read };
}

/** Of one run of `rollup`, `intervalSeconds` after the one before: the minute, hour and day of each device that sent. */
export function rollupRows(profile: LoadProfile, assumptions: Assumptions, intervalSeconds: number): Rows {
  const active = Math.min(profile.devices, profile.eventsPerSecond.mean * intervalSeconds);
  const { windowSeconds } = profile.settings;
  const windows = Math.min(60 / windowSeconds, (60 * profile.eventsPerSecond.mean) / profile.devices);
  const units = (rows: number) => Math.max(1, Math.ceil((rows * assumptions.windowRowBytes) / 4096));
  // On average half of an hour's minutes and half of a day's hours are there to be read.
  const read = units(windows) + units(30) + units(12);
  const writes = (INDEXED + INDEXED + 1) * writeUnits(assumptions.windowRowBytes);
  return { rows: active * (3 + windows + 42), writeUnits: active * writes, readUnits: active * read };
}

/** Bytes of all rows once retention takes as much away as comes in; 100 bytes of each row are DynamoDB's own. */
export function storedBytes(profile: LoadProfile, assumptions: Assumptions): number {
  const { devices, eventsPerSecond, alertsPerSecond, refusedShare, payloadBytes, settings } = profile;
  const { retentionDays: kept, windowSeconds } = settings;
  const windowRow = assumptions.windowRowBytes + 100;
  const row = assumptions.rowBytes + 100;
  /** Rows that come to be in a second, when a device has one for each span in which it sent. */
  const spans = (seconds: number) => Math.min(devices / seconds, eventsPerSecond.mean);
  const day = 86_400;
  const measurements =
    spans(windowSeconds) * kept.windows +
    spans(60) * kept.rollups['1m'] +
    spans(3600) * kept.rollups['1h'] +
    spans(day) * kept.rollups['1d'];
  return (
    devices * (2 * row + payloadBytes.mean) +
    measurements * day * windowRow +
    alertsPerSecond * kept.alerts * day * (1024 + 2 * row) +
    eventsPerSecond.mean * refusedShare * kept.quarantine * day * (row + payloadBytes.mean)
  );
}
