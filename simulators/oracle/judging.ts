/** Judges a run against a backend with a query API: predicts, listens, asks, compares. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Api } from '../api.js';
import { wallNow } from '../drivers/clock.js';
import type { Target } from '../drivers/driver.js';
import { LatencyRecorder } from '../drivers/latency.js';
import type { Plan } from '../plan/action.js';
import type { LedgerRow } from '../result.js';
import type { Judgement, Judging } from '../run/judging.js';
import { AlertLedger } from './alert-watch.js';
import { type Before, Collector, type Look } from './collect.js';
import { compare, leastOf } from './compare.js';
import { Findings } from './findings.js';
import { nameOf } from './names.js';
import { createOracle, type Oracle, type OracleOptions } from './oracle.js';
import { type Subscriber, subscribe } from './subscriber.js';
import type { Book, Expectation, FindingSummary, Observation, ObservedBooks } from './verdict.js';

export interface BackendJudgingOptions {
  readonly oracle: OracleOptions;
  readonly api: Api;
  /** Where alerts are told; null: nobody can listen. */
  readonly alerts: { readonly target: Target; readonly clientId: string } | null;
  /** Devices share connections: a lost one then concerns them all. */
  readonly sharedConnections: boolean;
  /** The backend is killed or cut off in between: it may tell an alert again. */
  readonly repeats: boolean;
}

/** Between two looks at a backend that is not there yet, ms: about half of what it has come to since. */
const LOOK_AGAIN_MS = 500;
const MOST_LOOK_AGAIN_MS = 2_000;

/** Reads what is there already and begins to listen. Throws `API_UNREACHABLE` or `MQTT_CONNECT`. */
export async function judgeBackend(plan: Plan, options: BackendJudgingOptions): Promise<Judging> {
  const oracle = createOracle(plan, options.oracle);
  const ledger = new AlertLedger(oracle.devices);
  const { devices, lookedAt } = oracle;
  const collector = new Collector({
    api: options.api,
    devices,
    lookedAt,
    from: plan.start,
    alerts: () => (options.alerts === null ? null : ledger.alerts()),
  });
  const before = await collector.before();
  const subscriber = options.alerts === null ? null : await listen(options.alerts, ledger);
  const judging = new BackendJudging(plan, options, { oracle, ledger, collector, before, subscriber });
  // A plain object: whoever knows more of what is not checked may copy it.
  return {
    observer: judging.observer,
    notChecked: judging.notChecked,
    alerts: () => judging.alerts(),
    judge: (settleMs) => judging.judge(settleMs),
    close: () => judging.close(),
  };
}

function listen(
  { target, clientId }: NonNullable<BackendJudgingOptions['alerts']>,
  ledger: AlertLedger,
): Promise<Subscriber> {
  return subscribe(target, clientId, [
    { filter: 'alerts/#', received: (_topic, payload, receivedAt) => ledger.alert(payload, receivedAt) },
    {
      filter: 'devices/+/telemetry/rejected',
      received: (topic, payload) => ledger.reply(topic.split('/')[1]!, payload),
    },
  ]);
}

interface Parts {
  readonly oracle: Oracle;
  readonly ledger: AlertLedger;
  readonly collector: Collector;
  readonly before: Before;
  readonly subscriber: Subscriber | null;
}

class BackendJudging {
  readonly observer: Judging['observer'];
  readonly notChecked: readonly string[];
  readonly #plan: Plan;
  readonly #options: BackendJudgingOptions;
  readonly #parts: Parts;

  constructor(plan: Plan, options: BackendJudgingOptions, parts: Parts) {
    this.#plan = plan;
    this.#options = options;
    this.#parts = parts;
    this.observer = oracleObserver(plan, parts.oracle, options.sharedConnections);
    this.notChecked = leftOut(plan, options, parts);
  }

  alerts(): number {
    return this.#parts.ledger.firing;
  }

  async judge(settleMs: number): Promise<Judgement> {
    const { oracle, collector, before } = this.#parts;
    const deadline = wallNow() + settleMs;
    await collector.untilDone(deadline);
    for (let wait = LOOK_AGAIN_MS; ; wait = Math.min(wait * 1.5, MOST_LOOK_AGAIN_MS)) {
      const look = await collector.look(before, deadline);
      const expectation = oracle.expectation(look.at);
      const findings = this.#compare(expectation, look.observation);
      // What is missing may be under way; nothing else gets better by waiting, but it costs nothing either.
      if (findings.length === 0 || wallNow() >= deadline) return this.#judgement(expectation, look, findings);
      await delay(Math.min(wait, Math.max(0, deadline - wallNow())));
    }
  }

  async close(): Promise<void> {
    await this.#parts.subscriber?.close();
  }

  #compare(expectation: Expectation, observation: Observation): FindingSummary[] {
    const { oracle, before, ledger } = this.#parts;
    const { repeats } = this.#options;
    const options = {
      devices: oracle.devices,
      lookedAt: oracle.lookedAt,
      from: this.#plan.start - this.#options.oracle.windowMs,
      resends: repeats,
      before: before.buckets,
      alertsBefore: before.alerts,
    };
    const found = compare(expectation, observation, options);
    return [
      ...found,
      ...unacknowledged(expectation),
      ...(repeats ? [] : replies(expectation, ledger.rejected)),
    ];
  }

  #judgement(expectation: Expectation, look: Look, findings: FindingSummary[]): Judgement {
    const { observation } = look;
    return {
      findings,
      notChecked: look.notChecked,
      ledger: ledgerOf(expectation, observation),
      alertLatency: alertLatency(expectation, observation),
    };
  }
}

/** What the driver tells, to the oracle. */
export function oracleObserver(plan: Plan, oracle: Oracle, sharedConnections: boolean): Judging['observer'] {
  return {
    sent: (device, publish, due, sentAt) => oracle.sent(device, publish, due, sentAt),
    acknowledged: (device, publish, at) => oracle.acknowledged(device, publish, at),
    disconnected: (device) => {
      const at = wallNow();
      if (!sharedConnections) oracle.connectionLost(device, at);
      else for (const { index } of plan.devices) oracle.connectionLost(index, at);
    },
  };
}

function leftOut(plan: Plan, { alerts, oracle }: BackendJudgingOptions, parts: Parts): string[] {
  const { lookedAt } = parts.oracle;
  const { buckets, alerts: on } = parts.before;
  const left: string[] = [];
  if (alerts === null) left.push('alerts: nobody listens to MQTT');
  else if (oracle.rules.length === 0) left.push('alerts: the rules of the backend are not known');
  const rules = oracle.rules.filter((rule) => rule.leftOut === true).map(({ name }) => name);
  if (rules.length > 0) left.push(`alerts that more than the event at hand decides: ${rules.join(', ')}`);
  if (lookedAt.size < plan.devices.length) {
    left.push(
      `windows and rollups of ${plan.devices.length - lookedAt.size} devices: ${lookedAt.size} are looked at`,
    );
  }
  if (buckets.size > 0) left.push('windows and rollups that events of before the run are in, too');
  if (on.size > 0) left.push(`${on.size} alerts that were on before the run`);
  return left;
}

/** Nothing was promised about them, but they should have been taken within the run. */
export function unacknowledged({ unacknowledged: { count, examples } }: Expectation): FindingSummary[] {
  const findings = new Findings();
  for (const name of examples) {
    findings.add({
      kind: 'late',
      where: 'acknowledgement',
      what: `${nameOf(name)} was not acknowledged in time`,
    });
  }
  return findings.list().map((summary) => ({ ...summary, count }));
}

/** The answers are a courtesy: none need come, but not more, and none with another code. */
function replies(
  { quarantined, maybeQuarantined }: Expectation,
  rejected: AlertLedger['rejected'],
): FindingSummary[] {
  const findings = new Findings();
  for (const [code, actual] of Object.entries(rejected)) {
    const most = (quarantined[code] ?? 0) + maybeQuarantined.filter((report) => report.code === code).length;
    const what = `publishers were told of ${actual} events refused as ${code}, at most ${most} can be`;
    findings.addCount(
      { kind: 'unexpected', where: 'quarantine', what, expected: most, actual },
      actual - most,
    );
  }
  return findings.list();
}

const BOOKS: readonly (readonly [Book, string, keyof ObservedBooks])[] = [
  ['stored', 'stored', 'stored'],
  ['valid', 'validated', 'validated'],
  ['quarantined', 'quarantined', 'quarantined'],
  ['aggregated', 'in windows', 'aggregated'],
  ['late', 'late', 'late'],
  ['duplicates', 'sent again', 'duplicate'],
];

function ledgerOf(expectation: Expectation, { books, alerts }: Observation): LedgerRow[] {
  const rows: LedgerRow[] = BOOKS.map(([book, what, name]) => ({
    what,
    expected: leastOf(expectation, book),
    maybe: expectation.maybe[book],
    actual: books === null ? null : (books[name] as number),
  }));
  const told = (state: string) => alerts?.filter((alert) => alert.state === state).length ?? null;
  const possible = (state: string) =>
    [...expectation.possibleAlerts].filter((key) => key.split(' ').at(-2) === state).length;
  const ended = expectation.alerts.filter(({ endsAt }) => endsAt !== null).length;
  rows.push(
    {
      what: 'alerts fired',
      expected: expectation.alerts.length,
      maybe: possible('firing'),
      actual: told('firing'),
    },
    { what: 'alerts resolved', expected: ended, maybe: possible('resolved'), actual: told('resolved') },
  );
  return rows;
}

/** From the scheduled sending of what made an alert fire to the moment it was told. */
function alertLatency({ alerts }: Expectation, { alerts: told }: Observation): string | null {
  const receivedAt = new Map(
    told
      ?.filter(({ state }) => state === 'firing')
      .map(({ deviceId, rule, startsAt, receivedAt }) => [`${deviceId} ${rule} ${startsAt}`, receivedAt]),
  );
  const recorder = new LatencyRecorder();
  let count = 0;
  for (const { deviceId, rule, startsAt, due } of alerts) {
    const at = receivedAt.get(`${deviceId} ${rule} ${startsAt}`);
    if (due === null || at === undefined) continue;
    recorder.record(at - due);
    count++;
  }
  return count === 0 ? null : recorder.encoded();
}
