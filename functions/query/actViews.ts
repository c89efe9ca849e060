/** What operators did, as the API shows it. Pure. */
import type { AuditEntry, Silence } from '../../stores/operations.js';
import { matchersText } from '../dispatch/config/matchers.js';
import { rfc3339 } from './timestamps.js';

/** @param time epoch ms */
export function silenceView(silence: Silence, time: number) {
  return {
    id: silence.id,
    state: time < silence.startsAt ? 'to come' : time < silence.endsAt ? 'active' : 'over',
    matchers: silence.matchers,
    selector: matchersText(silence.matchers),
    startsAt: rfc3339(silence.startsAt),
    endsAt: rfc3339(silence.endsAt),
    author: silence.author,
    reason: silence.reason,
    createdAt: rfc3339(silence.createdAt),
    expiredBy: silence.expiredBy,
  };
}

/** Members of `details` that are epoch ms in the store. */
const TIMES = new Set(['startsAt', 'endsAt']);

export function auditView({ id, at, author, act, subject, details }: AuditEntry) {
  return {
    id: id.toString(),
    at: rfc3339(at),
    author,
    act,
    subject,
    details: Object.fromEntries(
      Object.entries(details).map(([name, value]) => [
        name,
        TIMES.has(name) && typeof value === 'number' ? rfc3339(value) : value,
      ]),
    ),
  };
}
