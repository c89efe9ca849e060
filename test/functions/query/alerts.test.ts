/** Alerts with what operators did, silences, the trail, deliveries and targets, and Prometheus' documents. */
import type { Fetch } from '../../../functions/contract.js';
import { create } from '../../../functions/query/handler.js';
import type { Json } from '../../support/json.js';
import { sampleData } from '../../support/query-data.js';
import { context, queryPlatform } from '../../support/query-platform.js';

const data = sampleData();
const [hot, low] = data.alerts.map(({ fingerprint }) => fingerprint) as [string, string];
let get: (path: string) => Promise<Json>;

beforeAll(async () => {
  const { fetch } = (await create(queryPlatform(data))) as { fetch: Fetch };
  get = async (path) => (await fetch(new Request(`http://localhost${path}`), context)).json();
});

const rulesOf = ({ items }: Json) => items.map((item: Json) => `${item.rule} ${item.deviceId}`);

test('a list of alerts says who takes care of each, and which silences keep it back', async () => {
  const { items } = await get('/alerts');
  expect(items[0]).toMatchObject({
    fingerprint: hot,
    state: 'firing',
    reason: 'condition',
    ruleVersion: '0123abcd',
    flapping: false,
    acknowledged: { author: 'ann', comment: 'on my way', at: '2024-05-01T12:01:00.000Z' },
    // The one that is over and the one to come do not count.
    silencedBy: ['s-2'],
  });
  expect(items.slice(1).map(({ acknowledged, silencedBy }: Json) => [acknowledged, silencedBy])).toEqual([
    [null, []],
    [null, []],
  ]);
});

test('alerts are filtered by state, rule, severity and device', async () => {
  expect(rulesOf(await get('/alerts?active=true'))).toEqual(['HighTemperature dev-1', 'LowBattery dev-2']);
  expect(rulesOf(await get('/alerts?rule=HighTemperature&deviceId=dev-2'))).toEqual([
    'HighTemperature dev-2',
  ]);
  expect(rulesOf(await get('/alerts?severity=warning'))).toEqual(['LowBattery dev-2']);
  expect(await get('/alerts?active=true&state=firing')).toMatchObject({ status: 400, parameter: 'active' });
  expect(await get('/alerts?active=1')).toMatchObject({ status: 400, parameter: 'active' });
});

test('one alert shows comments, matching silences, and who was told with each attempt', async () => {
  const alert = await get(`/alerts/${hot}`);
  expect(alert).toMatchObject({
    fingerprint: hot,
    comments: [{ author: 'bob', text: 'the door was open' }],
    silences: [
      { id: 's-2', state: 'active', selector: '{deviceId="dev-1"}' },
      { id: 's-3', state: 'to come' },
    ],
    deliveries: [
      { id: 'd-2', target: 'ops/email/0', state: 'dead', lastError: 'nobody answers', log: [] },
      { id: 'd-1', state: 'delivered', log: [{ outcome: 'failed', status: 503 }, { outcome: 'delivered' }] },
    ],
  });
  expect(await get(`/alerts/${low}`)).toMatchObject({ comments: [], silences: [], deliveries: [] });
  expect(await get('/alerts/nobody')).toMatchObject({ status: 404, code: 'ALERT_UNKNOWN' });
});

test('silences: those that hold or are to come; with all, those that are over', async () => {
  const ids = async (path: string) => (await get(path)).items.map(({ id, state }: Json) => `${id} ${state}`);
  expect(await ids('/silences')).toEqual(['s-2 active', 's-3 to come']);
  expect(await ids('/silences?all=true&limit=2')).toEqual(['s-3 to come', 's-2 active']);
  expect(await get('/silences/s-1')).toMatchObject({ id: 's-1', state: 'over', expiredBy: null });
  expect(await get('/silences/x')).toMatchObject({ status: 404, code: 'SILENCE_UNKNOWN' });
});

test('the trail is newest first, its times as elsewhere', async () => {
  expect((await get('/audit')).items).toEqual([
    expect.objectContaining({ id: '2', act: 'redrive', details: { target: 'ops/webhook/0', dead: 1 } }),
    expect.objectContaining({
      id: '1',
      act: 'acknowledge',
      subject: hot,
      details: { startsAt: '2024-05-01T12:00:00.003Z', comment: '' },
    }),
  ]);
});

test('deliveries and the targets they are for', async () => {
  const ids = async (query: string) => (await get(`/deliveries${query}`)).items.map(({ id }: Json) => id);
  expect(await ids('')).toEqual(['d-2', 'd-1']);
  expect(await ids('?state=dead')).toEqual(['d-2']);
  expect(await ids('?target=ops/webhook/0')).toEqual(['d-1']);
  expect(await ids(`?fingerprint=${low}`)).toEqual([]);
  expect(await get('/deliveries/d-1')).toMatchObject({
    receiver: 'ops',
    status: 'firing',
    alerts: 1,
    notification: { groupKey: expect.any(String), alerts: [{ startsAt: '2024-05-01T12:00:00.003Z' }] },
  });
  expect(await get('/deliveries/x')).toMatchObject({ status: 404, code: 'DELIVERY_UNKNOWN' });
  expect((await get('/targets')).items).toEqual([
    expect.objectContaining({ target: 'ops/email/0', breaker: 'open', failures: 7, dead: 1 }),
    expect.objectContaining({ target: 'ops/webhook/0', breaker: 'closed', openUntil: null, delivered: 1 }),
  ]);
});

test('the summary has the marks, the silences and the targets, too', async () => {
  const { alerts, silences, targets } = await get('/summary');
  expect(alerts.firing[0].silencedBy).toEqual(['s-2']);
  expect(alerts.nodata).toEqual([]);
  expect(silences.map(({ id }: Json) => id)).toEqual(['s-2', 's-3']);
  expect(targets.map(({ dead }: Json) => dead)).toEqual([1, 0]);
});

test('Prometheus: rules with what they have pending or firing, whatever parameters Grafana adds', async () => {
  const { status, data: answer } = await get('/api/v1/rules?type=alert&group_limit=10');
  expect(status).toBe('success');
  const rules = answer.groups.flatMap((group: Json) => group.rules);
  expect(rules.find(({ name }: Json) => name === 'HighTemperature')).toMatchObject({
    type: 'alerting',
    state: 'firing',
    health: 'ok',
    query: expect.stringContaining('event.temperature'),
    alerts: [
      {
        state: 'firing',
        value: '85',
        labels: { alertname: 'HighTemperature', deviceId: 'dev-1', severity: 'critical', site: 'north' },
      },
    ],
  });
  const { alerts } = (await get('/api/v1/alerts')).data;
  expect(alerts.map(({ labels, state }: Json) => `${labels.alertname} ${state}`)).toEqual([
    'HighTemperature firing',
    'LowBattery pending',
  ]);
});
