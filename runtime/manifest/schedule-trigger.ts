/** `schedule:` entries, each expression checked as AWS would, with a rule name of its own. */
import { messageOf } from '../../common/errors.js';
import { type PathKeys, type Problems, suggestion } from '../../common/problems.js';
import { parseSchedule } from '../schedules/schedule.js';
import type { ScheduleTrigger } from './manifest.js';
import { logicalIds } from './osls.js';
import type { TriggerContext } from './trigger-context.js';
import { isObject, oneOf, text, truth } from './values.js';

const HONOURED = ['rate', 'enabled', 'name', 'description', 'input', 'method', 'timezone'];
/** Where AWS keeps the schedule and in whose name it invokes. */
const OF_AWS = ['groupName', 'roleArn'];
const REFUSED: Readonly<Record<string, string>> = {
  inputPath: 'no path is cut out of the scheduled event here; give the whole input',
  inputTransformer: 'no template is filled in here; give the whole input',
};
const LONGEST_INPUT = 8192;

/** A trigger per expression; empty when a problem was added. */
export function scheduleTriggers(value: unknown, at: PathKeys, context: TriggerContext): ScheduleTrigger[] {
  const { problems } = context;
  const before = problems.list.length;
  const given: Record<string, unknown> = typeof value === 'string' ? { rate: value } : Object(value);
  checkKeys(given, at, problems);
  const method =
    given.method === undefined
      ? 'eventBus'
      : (oneOf('eventBus', 'scheduler')(given.method, [...at, 'method'], problems) ?? 'eventBus');
  const enabled = given.enabled === undefined || truth(given.enabled, [...at, 'enabled'], problems) === true;
  const rates = [given.rate].flat();
  const place = typeof value === 'string' ? at : [...at, 'rate'];
  if (rates.length === 0 || !rates.every((rate) => typeof rate === 'string')) {
    problems.add(place, 'must be rate(…) or cron(…), or a list of these');
  } else {
    for (const [index, rate] of rates.entries()) {
      isSchedule(rate, Array.isArray(given.rate) ? [...place, index] : place, false, problems);
    }
  }
  if (method === 'eventBus') onlyScheduler(given, at, problems);
  const timezone =
    given.timezone === undefined ? 'UTC' : zoneOf(given.timezone, [...at, 'timezone'], problems);
  const input = given.input === undefined ? undefined : inputOf(given.input, [...at, 'input'], problems);
  const name = given.name === undefined ? undefined : nameOf(given.name, rates.length, at, problems);
  // Counted even when something is wrong: the following rules keep their names.
  const names = rates.map(() => generatedName(method, context));
  if (problems.list.length > before) return [];
  return (rates as string[]).map((expression, index) => ({
    type: 'schedule',
    name: name ?? names[index]!,
    expression,
    timezone: timezone!,
    method,
    ...(input === undefined ? {} : { input }),
    enabled,
  }));
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

function checkKeys(given: Record<string, unknown>, at: PathKeys, problems: Problems): void {
  for (const key of Object.keys(given)) {
    if (HONOURED.includes(key) || OF_AWS.includes(key)) continue;
    problems.add([...at, key], REFUSED[key] ?? `unknown setting${suggestion(key, HONOURED)}`);
  }
  if (given.description !== undefined && !/^.{0,512}$/s.test(String(given.description))) {
    problems.add([...at, 'description'], 'must be at most 512 characters');
  }
}

/** The packager refuses these for a rule of the event bus, whose expressions are in UTC. */
function onlyScheduler(given: Record<string, unknown>, at: PathKeys, problems: Problems): void {
  for (const key of ['timezone', 'groupName']) {
    if (given[key] !== undefined) problems.add([...at, key], `${key} goes with method: scheduler only`);
  }
}

function zoneOf(value: unknown, at: PathKeys, problems: Problems): string | undefined {
  try {
    if (typeof value === 'string') {
      new Intl.DateTimeFormat('en', { timeZone: value });
      return value;
    }
  } catch (error) {
    // Only a RangeError says that there is no such zone.
    if (!(error instanceof RangeError)) throw error;
  }
  problems.add(at, `${JSON.stringify(value)} is no time zone such as Europe/Berlin`);
  return undefined;
}

/** An object, in whose place the packager takes `{ body: <JSON> }`, or a string of JSON. */
function inputOf(value: unknown, at: PathKeys, problems: Problems): unknown {
  let input = value;
  try {
    if (typeof value === 'string') input = JSON.parse(value);
    else if (isObject(value) && 'body' in value) input = { body: JSON.parse(String(value.body)) };
    else if (!isObject(value)) throw new SyntaxError('neither an object nor a string');
  } catch {
    problems.add(isObject(value) ? [...at, 'body'] : at, 'must be an object, or a string of JSON');
    return undefined;
  }
  if (isObject(value) && 'body' in value && Object.keys(value).length > 1) {
    problems.add([...at, 'body'], 'goes alone: the packager takes it for the whole input');
  }
  if (JSON.stringify(input).length > LONGEST_INPUT) {
    problems.add(at, `must be at most ${LONGEST_INPUT} characters as JSON`);
  }
  return input;
}

function nameOf(value: unknown, rates: number, at: PathKeys, problems: Problems): string | undefined {
  const place = [...at, 'name'];
  if (rates > 1) problems.add(place, 'cannot be given to more than one rate');
  return text(/^[\w.-]{1,64}$/, '1 to 64 letters, digits or any of . - _')(value, place, problems);
}

/** The logical id that the packager gives the rule; AWS makes the rule's name from it. */
function generatedName(method: ScheduleTrigger['method'], { functionName, next }: TriggerContext): string {
  const index = next('schedule');
  return method === 'scheduler'
    ? logicalIds.getSchedulerScheduleLogicalId(functionName, index)
    : logicalIds.getScheduleLogicalId(functionName, index);
}
