/**
 * What becomes of records before SQL sees them: which are refused, and which were sent again. It follows the stream, so
 * it is written plainly here; it shares no code with the product.
 */
import { RecordKind } from '../../../../streams/record.js';
import { DEVICES, MAX_FUTURE, type Streams } from './streams.js';

export interface AcceptedRecord {
  readonly part: number;
  readonly off: number;
  readonly kind: 'event' | 'tick' | 'refused';
  readonly arrival: number;
  readonly device?: string;
  readonly type?: string;
  readonly site?: string;
  readonly ts?: number;
  readonly again?: boolean;
  readonly seq?: number;
  /** The how manieth count of its device the number belongs to. */
  readonly count?: number;
  /** It came after so many newer ones that nobody can tell whether it was sent again. */
  readonly ancient?: boolean;
}

export interface Reading {
  readonly part: number;
  readonly off: number;
  readonly metric: string;
  readonly num?: number;
  readonly txt?: string;
}

interface Payload extends Record<string, unknown> {
  readonly ts: number;
  readonly seq?: number;
  readonly eventId?: string;
  readonly site?: string;
  readonly deviceType?: string;
}

/** What a device has sent, as far as it is remembered. */
class History {
  latest = Number.NEGATIVE_INFINITY;
  ids: string[] = [];
  count = 0;
  #top = Number.NaN;
  #numbers = new Set<number>();

  /** A number of the last 256, seen before, is one sent again; unless it is the newest event: a new count. */
  number(seq: number, ts: number): { again: boolean; ancient: boolean } {
    const isNewest = ts > this.latest;
    const isAncient = this.#top - seq >= 256;
    const isKnown = !isAncient && this.#numbers.has(seq);
    if ((isAncient || isKnown) && isNewest) {
      this.count++;
      this.#numbers = new Set();
      this.#top = seq;
    }
    this.#numbers.add(seq);
    this.#top = Number.isNaN(this.#top) ? seq : Math.max(this.#top, seq);
    return { again: isKnown && !isNewest, ancient: isAncient && !isNewest };
  }

  /** One of the last 64 ids. */
  id(id: string): boolean {
    if (this.ids.includes(id)) return true;
    this.ids = [...this.ids, id].slice(-64);
    return false;
  }
}

export function accept(streams: Streams): { records: AcceptedRecord[]; readings: Reading[] } {
  const records: AcceptedRecord[] = [];
  const readings: Reading[] = [];
  const histories = new Map<string, History>();
  streams.forEach((stream, part) => {
    stream.forEach(({ kind, arrivalTime: arrival, key = '', payload }, off) => {
      const place = { part, off, arrival };
      if (kind === RecordKind.tick) {
        records.push({ ...place, kind: 'tick' });
        return;
      }
      const body = payload as Payload;
      if (typeof body === 'string' || body.temperature === undefined || body.ts > arrival + MAX_FUTURE) {
        records.push({ ...place, kind: 'refused' });
        return;
      }
      const history = histories.get(key) ?? new History();
      histories.set(key, history);
      const { ts, seq, eventId, site, deviceType = 'environment' } = body;
      let again = false;
      let ancient = false;
      if (seq !== undefined) ({ again, ancient } = history.number(seq, ts));
      else if (eventId !== undefined) again = history.id(eventId);
      if (!again) history.latest = Math.max(history.latest, ts);
      records.push({
        ...place,
        kind: 'event',
        device: key,
        type: deviceType,
        site: site ?? DEVICES.find(({ id }) => id === key)!.site,
        ts,
        again,
        ancient,
        ...(seq !== undefined && { seq, count: history.count }),
      });
      for (const [metric, value] of Object.entries(body)) {
        if (['ts', 'seq', 'deviceType'].includes(metric) || value === undefined) continue;
        const read = typeof value === 'number' ? { num: value } : { txt: String(value) };
        readings.push({ part, off, metric, ...read });
      }
    });
  });
  return { records, readings };
}
