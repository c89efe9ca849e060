/** What a device's state document says, for people: how its clock goes, and what it has sent. */
import { type DeviceDocument, type FirstDocument, parse } from './document.js';
import { SeenSequences } from './sequence.js';

export interface DeviceReport {
  /** Epoch ms; null before the first event. */
  readonly latestEventTime: number | null;
  /** How far its windows go by it: the latest event time, bounded. */
  readonly watermark: number | null;
  readonly clock: {
    /** Events whose time was further ahead of their arrival, or behind it, than the settings take for right. */
    readonly ahead: number;
    readonly behind: number;
    /** The furthest it ever was, ms. */
    readonly maxAheadMs: number;
    readonly maxBehindMs: number;
  };
  /** Of events that are numbered (`duplicates`: of those with ids, too). See `sequence.ts`. */
  readonly sequences: {
    /** The sum of the next three. */
    readonly expected: number;
    readonly received: number;
    readonly lost: number;
    readonly missing: number;
    readonly duplicates: number;
    /** How often it began to count anew. */
    readonly restarts: number;
  };
}

/** From a device's progress. Throws `STATE_UNKNOWN` when another version of Millrace wrote the document. */
export function deviceReport(state: string): DeviceReport {
  const document = parse(state, 'a device') as DeviceDocument | FirstDocument;
  const [ahead, behind, maxAheadMs, maxBehindMs] = clockOf(document);
  const sequences = sequencesOf(document);
  const { received, lost, restarts } = sequences ?? { received: 0, lost: 0, restarts: 0 };
  const missing = sequences?.missing ?? 0;
  return {
    latestEventTime: document.time,
    watermark: document.v === 1 ? document.time : document.mark,
    clock: { ahead, behind, maxAheadMs, maxBehindMs },
    sequences: {
      expected: received + lost + missing,
      received,
      lost,
      missing,
      duplicates: document.v === 1 ? 0 : (document.again ?? 0),
      restarts,
    },
  };
}

function clockOf(document: DeviceDocument | FirstDocument): readonly [number, number, number, number] {
  return (document.v === 1 ? undefined : document.clock) ?? [0, 0, 0, 0];
}

function sequencesOf(document: DeviceDocument | FirstDocument): SeenSequences | null {
  if (document.v === 1) return SeenSequences.decodeFirst(document.top, document.seen);
  return document.seq === undefined ? null : SeenSequences.decode(document.seq);
}
