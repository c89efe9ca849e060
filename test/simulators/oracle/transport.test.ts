import { Findings } from '../../../simulators/oracle/findings.js';
import { TransportWatch } from '../../../simulators/oracle/transport.js';
import type { Publish } from '../../../simulators/plan/action.js';
import { planOf } from '../../../simulators/plan/plan.js';
import { calmNetwork, testScenario } from '../../support/scenario.js';

const network = { ...calmNetwork, duplicates: { share: 0.2, after: [10, 20] as const } };
const { devices } = planOf(testScenario({ devices: 1, network }), 1_790_000_000_000, () => 'valid');
const publishes = [...devices[0]!.actions()].filter((action) => action.kind === 'publish');
const originals = publishes.filter(({ isCopy }) => !isCopy);
const once = originals.filter(
  ({ payload }) => publishes.filter((one) => one.payload.equals(payload)).length === 1,
);

interface Options {
  readonly acknowledged?: (publish: Publish) => boolean;
  readonly remembers?: boolean;
  readonly loses?: boolean;
}

/** What is found when these arrive, each given as the bytes that come. */
function findings(arriving: readonly Buffer[], options: Options = {}) {
  const { acknowledged = () => true, remembers = true, loses = false } = options;
  const found = new Findings();
  const watch = new TransportWatch(found, remembers ? 1 : 100_000);
  for (const publish of publishes) {
    watch.sent('room-0', publish);
    if (acknowledged(publish)) watch.acknowledged(publish);
  }
  if (loses) watch.connectionLost(() => true);
  for (const payload of arriving) watch.receivedOn(publishes[0]!.topic, payload);
  watch.finish();
  return found.list().map(({ kind, count, examples }) => ({ kind, count, what: examples[0]!.what }));
}

const payloads = publishes.map(({ payload }) => payload);
const numberOf = (publish: Publish) => publish.report.number;

test('what comes as it was sent, copies included, is as it must be', () => {
  expect(findings(payloads)).toEqual([]);
});

test('a message that is lost', () => {
  const lost = once[5]!;
  expect(findings(payloads.filter((payload) => payload !== lost.payload))).toEqual([
    { kind: 'lost', count: 1, what: `report ${numberOf(lost)} of room-0 was acknowledged and never came` },
  ]);
});

test('nothing is owed for what was not acknowledged', () => {
  const lost = once[5]!;
  const rest = payloads.filter((payload) => payload !== lost.payload);
  expect(findings(rest, { acknowledged: (publish) => publish !== lost })).toEqual([]);
});

test('a message that comes twice, which is no fault after a lost connection', () => {
  const twice = once[5]!;
  const doubled = payloads.flatMap((payload) => (payload === twice.payload ? [payload, payload] : [payload]));
  expect(findings(doubled)).toEqual([
    { kind: 'duplicate', count: 1, what: `report ${numberOf(twice)} of room-0 came 2 times, sent 1 times` },
  ]);
  expect(findings(doubled, { acknowledged: (publish) => publish !== twice, loses: true })).toEqual([]);
});

test('a message that is held back behind three others is one that came late, not three', () => {
  const at = payloads.indexOf(once[5]!.payload);
  const held = [...payloads];
  held.splice(at + 3, 0, ...held.splice(at, 1));
  expect(findings(held)).toEqual([
    {
      kind: 'reordered',
      count: 1,
      what: `report ${numberOf(once[5]!)} of room-0 came after report ${numberOf(originals.find(({ report }) => report.number > numberOf(once[5]!))!)}, which was sent later`,
    },
  ]);
});

test('a message that is altered, in whatever place', () => {
  const { payload } = once[5]!;
  for (const altered of [payload.toString().replace('humidity', 'Humidity'), `${payload} `]) {
    const arriving = payloads.map((one) => (one === payload ? Buffer.from(altered) : one));
    expect(findings(arriving)).toEqual([
      { kind: 'wrong', count: 1, what: `report ${numberOf(once[5]!)} of room-0 was altered` },
    ]);
  }
});

test('a message that nobody sent, and one on a topic that nobody sent to', () => {
  const found = findings([...payloads, Buffer.from('{"seq":1,"ts":2}')]);
  expect(found).toMatchObject([{ kind: 'unexpected', count: 1 }]);
  expect(found[0]!.what).toContain('a message of room-0 that was never sent');

  const elsewhere = new Findings();
  const watch = new TransportWatch(elsewhere, 1);
  watch.receivedOn('devices/else/telemetry', Buffer.from('x'));
  watch.finish();
  expect(elsewhere.list()).toMatchObject([{ kind: 'unexpected', count: 1 }]);
});

test('a message may be seen before its sender says that it was sent', () => {
  const found = new Findings();
  const watch = new TransportWatch(found, 1);
  const [first, second, third] = originals as [Publish, Publish, Publish];
  watch.receivedOn(first.topic, first.payload);
  watch.sent('room-0', first);
  watch.receivedOn(first.topic, second.payload);
  watch.sent('room-0', second);
  watch.sent('room-0', third);
  watch.receivedOn(first.topic, third.payload);
  for (const publish of [first, second, third]) watch.acknowledged(publish);
  watch.finish();
  expect(found.list()).toEqual([]);
});

test('memory is bounded: what is accounted for is forgotten, and faults are still found', () => {
  const found = new Findings();
  const watch = new TransportWatch(found, 1_000_000);
  const many = Array.from({ length: 1_000 }, (_, number) => ({
    ...originals[0]!,
    payload: Buffer.from(`{"seq":${number}}`),
    report: { ...originals[0]!.report, number, seq: number },
  }));
  for (const publish of many) {
    watch.sent('room-0', publish);
    watch.acknowledged(publish);
    const { number } = publish.report;
    if (number === 500) continue;
    watch.receivedOn(publish.topic, publish.payload);
    if (number === 501) watch.receivedOn(publish.topic, many[500]!.payload);
  }
  watch.finish();
  expect(found.list()).toMatchObject([{ kind: 'reordered', count: 1 }]);
});
