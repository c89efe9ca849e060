/** The lines of the services around the streams: IoT Core, DynamoDB, HTTP API, logs, data transfer. Pure. */
import { amount } from './figures.js';
import type { FunctionBill } from './lambda.js';
import type { Line, Meter } from './meter.js';
import { type Assumptions, type Choices, GB, KB, type LoadProfile, secondsOf, steps } from './profile.js';
import { storedBytes } from './rows.js';
import { ALERT_BYTES } from './streams.js';

/** IoT Core meters messages, rules and actions in steps of this. */
export const MESSAGE_STEP = 5 * KB;
const DAYS_PER_HOUR = 1 / 24;

/**
 * Devices publish, one rule with one action puts each event into the stream; alerts go out as an event and a retained
 * state. Basic Ingest (`$aws/rules/…` as topic) leaves the message of an event out.
 */
export function iotLines(
  profile: LoadProfile,
  assumptions: Assumptions,
  { basicIngest }: Choices,
  meter: Meter,
): Line[] {
  const { connections, devices, eventsPerSecond, payloadBytes, alertsPerSecond, refusedShare } = profile;
  const seconds = secondsOf(profile);
  const perEvent = steps(payloadBytes, assumptions.topicBytes, MESSAGE_STEP);
  const events = eventsPerSecond.mean * perEvent * seconds;
  const how = `${amount(eventsPerSecond.mean)} events/s x ${amount(perEvent)} steps of 5 KB x ${amount(seconds)} s`;
  const connects = devices * assumptions.connectsPerDay * profile.hoursPerMonth * DAYS_PER_HOUR;
  // Published: event and state, and the state once more because it is retained. Delivered: both.
  const perAlert = 3 + 2 * assumptions.alertSubscribers;
  const refusals = eventsPerSecond.mean * refusedShare;
  const lines = [
    meter.line(
      'iot.connectivity',
      connections * profile.hoursPerMonth * 60,
      'connectivity',
      `${amount(connections)} connections x ${profile.hoursPerMonth} h x 60 min`,
    ),
  ];
  if (!basicIngest) lines.push(meter.line('iot.message', events, 'messages of events', how));
  return [
    ...lines,
    meter.line(
      'iot.message',
      connects,
      'messages of connects',
      `${amount(devices)} devices x ${assumptions.connectsPerDay} a day`,
    ),
    meter.line(
      'iot.message',
      (alertsPerSecond * perAlert + 2 * refusals) * seconds,
      'messages of alerts and refusals',
      `(${amount(alertsPerSecond)} alerts/s x ${perAlert} + ${amount(refusals)} refusals/s x 2) x ${amount(seconds)} s`,
    ),
    meter.line('iot.rule', events, 'rules triggered', how),
    meter.line('iot.action', events, 'actions executed', how),
  ];
}

export function dynamoLines(
  profile: LoadProfile,
  assumptions: Assumptions,
  functions: readonly FunctionBill[],
  meter: Meter,
): Line[] {
  const list = (units: (fn: FunctionBill) => number) =>
    functions
      .filter((fn) => units(fn) > 0)
      .map((fn) => `${fn.name} ${amount(units(fn))}`)
      .join(' + ');
  const total = (units: (fn: FunctionBill) => number) => functions.reduce((sum, fn) => sum + units(fn), 0);
  const bytes = storedBytes(profile, assumptions);
  return [
    meter.line(
      'dynamodb.write',
      total((fn) => fn.writeUnits),
      'writes',
      list((fn) => fn.writeUnits),
    ),
    meter.line(
      'dynamodb.read',
      total((fn) => fn.readUnits),
      'reads',
      list((fn) => fn.readUnits),
    ),
    meter.line(
      'dynamodb.storage',
      bytes / GB,
      'storage',
      `rows of ${amount(profile.devices)} devices within retention`,
    ),
  ];
}

export function httpApiLines(profile: LoadProfile, meter: Meter): Line[] {
  const seconds = secondsOf(profile);
  const how = `${amount(profile.apiRequestsPerSecond)} requests/s x ${amount(seconds)} s`;
  return [meter.line('httpApi.request', profile.apiRequestsPerSecond * seconds, 'requests', how)];
}

export function logLines(
  profile: LoadProfile,
  { logBytes }: Assumptions,
  functions: readonly FunctionBill[],
  meter: Meter,
): Line[] {
  const invocations = functions.reduce((sum, fn) => sum + fn.invocations, 0);
  const written = (invocations * logBytes) / GB;
  const days = profile.settings.logRetentionDays;
  const months = (days * 24) / profile.hoursPerMonth;
  return [
    meter.line('logs.ingested', written, 'data in', `${amount(invocations)} invocations x ${logBytes} B`),
    meter.line('logs.stored', written * months, 'data kept', `${amount(written)} GB x ${days} days`),
  ];
}

export function transferLines(
  profile: LoadProfile,
  { apiResponseBytes, alertSubscribers }: Assumptions,
  meter: Meter,
): Line[] {
  const { apiRequestsPerSecond, alertsPerSecond } = profile;
  const perSecond =
    apiRequestsPerSecond * apiResponseBytes + alertsPerSecond * 2 * ALERT_BYTES * alertSubscribers;
  const how = `(${amount(apiRequestsPerSecond)} responses/s x ${apiResponseBytes} B + ${amount(alertsPerSecond)} alerts/s x ${2 * alertSubscribers} x 1 KB) x ${amount(secondsOf(profile))} s`;
  return [meter.line('transfer.out', (perSecond * secondsOf(profile)) / GB, 'answers and alerts', how)];
}
