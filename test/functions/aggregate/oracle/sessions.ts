/**
 * Which events sessions take, and when they are complete and closed. That follows the stream: what is late depends on
 * sessions that closed before, so it is written plainly here. Where sessions begin and end, and what is in them, is for
 * SQL to find out from the events that were taken.
 */
import type { AggregateSettings } from '../../../../common/aggregations.js';
import type { AcceptedRecord } from './acceptance.js';

export interface Taken {
  readonly definition: string;
  readonly key: string;
  readonly part: number;
  readonly off: number;
  readonly ts: number;
  readonly late: boolean;
  readonly corrects: boolean;
}

export interface SessionState {
  readonly definition: string;
  readonly key: string;
  readonly part: number;
  readonly start: number;
  readonly closed: boolean;
  readonly revision: number;
}

interface Session {
  times: number[];
  closed: boolean;
  revision: number;
}

export function takeSessions(
  records: readonly AcceptedRecord[],
  { definitions, maxAheadMs }: AggregateSettings,
): { taken: Taken[]; sessions: SessionState[] } {
  const taken: Taken[] = [];
  const states: SessionState[] = [];
  const devices = new Set(records.flatMap(({ device, again }) => (again === false ? [device!] : [])));
  for (const { name: definition, window, allowedLatenessMs: lateness } of definitions) {
    if (window.type !== 'session') continue;
    const { gapMs } = window;
    const startOf = ({ times }: Session) => Math.min(...times);
    const endOf = ({ times }: Session) => Math.max(...times) + gapMs;
    for (const key of devices) {
      let sessions: Session[] = [];
      let mark = Number.NEGATIVE_INFINITY;
      let markArrival = 0;
      let part = 0;
      const settle = (time: number) => {
        for (const session of sessions) {
          if (session.closed) continue;
          if (endOf(session) <= time) session.revision ||= 1;
          session.closed = endOf(session) + lateness <= time;
        }
      };
      for (const record of records) {
        if (record.kind === 'tick') {
          // Ticks of another partition are not its business.
          if (sessions.length > 0 && record.part === part) settle(mark + record.arrival - markArrival);
          continue;
        }
        if (record.device !== key || record.again !== false) continue;
        const { off, arrival, ts = 0 } = record;
        part = record.part;
        // Those that it falls into, or that begin before its own would end: one or two.
        const near = sessions.filter((one) => !one.closed && startOf(one) < ts + gapMs && ts < endOf(one));
        const inClosed = sessions.some((one) => one.closed && ts < endOf(one));
        const late = inClosed || (near.length === 0 && ts + gapMs + lateness <= mark);
        let corrects = false;
        if (!late) {
          const revision = Math.max(0, ...near.map((one) => one.revision));
          corrects = revision > 0;
          sessions = sessions.filter((one) => !near.includes(one));
          const times = [...near.flatMap((one) => one.times), ts];
          sessions.push({ times, closed: false, revision: corrects ? revision + 1 : 0 });
        }
        taken.push({ definition, key, part, off, ts, late, corrects });
        const bounded = Math.min(ts, arrival + maxAheadMs);
        if (bounded > mark) [mark, markArrival] = [bounded, arrival];
        settle(mark);
      }
      for (const session of sessions) {
        const { closed, revision } = session;
        states.push({ definition, key, part, start: startOf(session), closed, revision });
      }
    }
  }
  return { taken, sessions: states };
}
