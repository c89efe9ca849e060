/** What the trail says of an act. */
import type { AuditEntry, OperatorAct } from './operations.js';

export function auditOf(act: OperatorAct): Omit<AuditEntry, 'id'> {
  switch (act.act) {
    case 'acknowledge': {
      const { fingerprint, startsAt, author, comment, at } = act.acknowledgement;
      return { at, author, act: act.act, subject: fingerprint, details: { startsAt, comment } };
    }
    case 'unacknowledge': {
      const { fingerprint, startsAt, author, at } = act;
      return { at, author, act: act.act, subject: fingerprint, details: { startsAt } };
    }
    case 'comment': {
      const { id, fingerprint, startsAt, author, text, at } = act.comment;
      return { at, author, act: act.act, subject: fingerprint, details: { id, startsAt, text } };
    }
    case 'silence': {
      const { id, matchers, startsAt, endsAt, author, reason, createdAt } = act.silence;
      const details = { matchers, startsAt, endsAt, reason };
      return { at: createdAt, author, act: act.act, subject: id, details };
    }
    case 'expire-silence':
      return { at: act.at, author: act.author, act: act.act, subject: act.id, details: {} };
    case 'redrive':
      return { at: act.at, author: act.author, act: act.act, subject: '', details: act.details };
  }
}
