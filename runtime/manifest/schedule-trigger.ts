/** `schedule:` entries, each expression checked as AWS would. */
import { messageOf } from '../../common/errors.js';
import { parseSchedule } from '../schedules/schedule.js';
import type { ScheduleTrigger } from './manifest.js';
import { type PathKeys, type Problems, suggestion } from './problems.js';

/** Names and descriptions mean nothing locally; `method: eventBus` is what the local scheduler does. */
const HONOURED = ['rate', 'enabled', 'name', 'description'];
const NOT_YET = ['input', 'inputPath', 'inputTransformer', 'timezone', 'groupName', 'roleArn'];

/** A trigger per expression; empty when a problem was added. */
export function scheduleTriggers(value: unknown, at: PathKeys, problems: Problems): ScheduleTrigger[] {
  if (typeof value === 'string') return triggers([value], true, at, problems);
  const given = Object(value) as Record<string, unknown>;
  const before = problems.list.length;
  for (const key of Object.keys(given)) {
    if (HONOURED.includes(key) || (key === 'method' && given.method === 'eventBus')) continue;
    const known = NOT_YET.includes(key) || key === 'method';
    problems.add(
      [...at, key],
      known
        ? `${key} is known on AWS, but the local runtime cannot honour it yet`
        : `unknown setting${suggestion(key, HONOURED)}`,
    );
  }
  const rates = [given.rate].flat();
  const { enabled = true } = given;
  if (typeof enabled !== 'boolean') problems.add([...at, 'enabled'], 'must be of type boolean');
  if (!rates.every((rate) => typeof rate === 'string')) {
    problems.add([...at, 'rate'], 'must be rate(…) or cron(…), or a list of these');
  }
  if (problems.list.length > before) return [];
  return triggers(rates as string[], enabled as boolean, [...at, 'rate'], problems);
}

function triggers(
  expressions: readonly string[],
  enabled: boolean,
  at: PathKeys,
  problems: Problems,
): ScheduleTrigger[] {
  return expressions.flatMap((expression) =>
    isSchedule(expression, at, false, problems)
      ? [
          {
            type: 'schedule' as const,
            name: expression,
            expression,
            timezone: 'UTC',
            method: 'eventBus' as const,
            enabled,
          },
        ]
      : [],
  );
}

/** @param seconds whether `rate(n seconds)` is allowed: in local settings only */
export function isSchedule(expression: string, at: PathKeys, seconds: boolean, problems: Problems): boolean {
  try {
    parseSchedule(expression, 0, { seconds });
    return true;
  } catch (error) {
    problems.add(at, messageOf(error));
    return false;
  }
}
