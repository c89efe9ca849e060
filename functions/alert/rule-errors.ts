/** Says once per rule and environment that it cannot be evaluated, with an example; the rest is only counted. */
import type { Logger } from 'pino';
import { messageOf } from '../../common/errors.js';
import type { OnRuleError } from './verdicts.js';

export function ruleErrors(log: Logger): OnRuleError {
  const counts = new Map<string, number>();
  return ({ name, place }, deviceId, error) => {
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    // Powers of ten: a rule that fails for every event is not forgotten, and does not flood the log either.
    if (Number.isInteger(Math.log10(count))) {
      log.warn(
        { rule: name, place, deviceId, count, reason: messageOf(error) },
        'a rule cannot be evaluated for an event',
      );
    }
  };
}
