import { isGroup } from '../../../functions/dispatch/mark.js';
import { alert, type DispatchRig, dispatchRig, is } from '../../support/dispatch.js';

const OPS = `
route: { receiver: ops, group_wait: 10s, group_interval: 1m, repeat_interval: 1h }
receivers: [{ name: ops, webhooks: [{ url: http://127.0.0.1:1/hook }] }]
`;

let rig: DispatchRig;
const begin = (yaml: string) => {
  rig = dispatchRig(yaml);
  return rig;
};
afterEach(() => rig.close());

describe('groups', () => {
  // s  0   5   10        20          70
  //    f1  f2  [1,2]     r1          [1 resolved, 2]
  test('what comes within group_wait is told together, what comes later after group_interval', async () => {
    begin(OPS);
    await rig.tell([alert('d1', 'firing', 0)]);
    expect(await rig.run(0)).toEqual([]);
    await rig.tell([alert('d2', 'firing', 5)]);
    expect(await rig.run(5)).toEqual([]);
    expect(await rig.run(9)).toEqual([]);
    expect(await rig.run(10)).toEqual(['ops new firing: d1 firing, d2 firing']);
    await rig.tell([alert('d1', 'resolved', 0)]);
    expect(await rig.run(20)).toEqual([]);
    expect(await rig.run(69)).toEqual([]);
    expect(await rig.run(70)).toEqual(['ops changed firing: d1 resolved, d2 firing']);
    await rig.tell([alert('d2', 'resolved', 5)]);
    expect(await rig.run(200)).toEqual([]);
    expect(await rig.run(210)).toEqual(['ops changed resolved: d2 resolved']);
    const { items } = await rig.platform.stores.dispatch.allGroups({ limit: 10, cursor: null });
    expect(items.map(({ key }) => key)).toEqual(['~dispatch']);
  });

  test('an alert that came and went before it could be told is told once, as resolved', async () => {
    begin(OPS);
    await rig.tell([alert('d1', 'firing', 0), alert('d1', 'resolved', 0)]);
    await rig.run(0);
    expect(await rig.run(10)).toEqual(['ops new resolved: d1 resolved']);
  });

  test('one that passed is told as such beside the current one, and is the first of both', async () => {
    begin(OPS);
    await rig.tell([alert('d1', 'firing', 100)]);
    await rig.tell([alert('d1', 'firing', 50), alert('d1', 'resolved', 50)], true);
    await rig.run(100);
    expect(await rig.run(110)).toEqual(['ops new firing: d1 resolved, d1 firing']);
  });

  test('no-data is a status of its own; a new instance ends the one before', async () => {
    begin(OPS);
    await rig.tell([alert('d1', 'firing', 0)]);
    await rig.run(0);
    await rig.run(10);
    await rig.tell([alert('d1', 'nodata', 0)]);
    await rig.run(65);
    expect(await rig.run(75)).toEqual(['ops changed nodata: d1 nodata']);
    await rig.tell([alert('d1', 'firing', 200)]);
    await rig.run(200);
    expect(await rig.run(210)).toEqual(['ops changed firing: d1 resolved, d1 firing']);
  });

  test('groups are by the labels of the route; routes may continue; the rest is for the root', async () => {
    begin(`
route:
  receiver: ops
  group_wait: 0s
  group_by: [alertname, site]
  routes:
    - { matchers: [severity="critical"], receiver: oncall, continue: true, group_by: ['...'] }
    - { matchers: [site=~"north|south"], receiver: sites }
receivers:
  - { name: ops, webhooks: [{ url: http://127.0.0.1:1 }] }
  - { name: oncall, webhooks: [{ url: http://127.0.0.1:1 }] }
  - { name: sites, webhooks: [{ url: http://127.0.0.1:1 }] }
`);
    await rig.tell([
      alert('d1', 'firing', 0, { severity: 'critical' }),
      alert('d2', 'firing', 0, { severity: 'critical' }),
      alert('d3', 'firing', 0, { labels: { site: 'south' } }),
      alert('d4', 'firing', 0, { labels: { site: 'east' } }),
    ]);
    expect(await rig.run(0)).toEqual([
      'oncall new firing: d1 firing',
      'oncall new firing: d2 firing',
      'ops new firing: d4 firing',
      'sites new firing: d1 firing, d2 firing',
      'sites new firing: d3 firing',
    ]);
    const [first] = await rig.told();
    expect((await rig.told()).map(({ document }) => document.groupKey)).toContain(
      '{}/{site=~"north|south"}:{alertname="TooWarm",site="south"}',
    );
    expect(first!.delivery.id).toMatch(/^[0-9a-f]{32}$/);
  });
});

test('an end that a removed rule caused says so to whoever is told it', async () => {
  begin(OPS);
  await rig.tell([alert('d1', 'firing', 0)]);
  await rig.run(0);
  await rig.run(10);
  await rig.tell([{ ...alert('d1', 'resolved', 0), reason: 'rule-removed' }]);
  await rig.run(60);
  await rig.run(70);
  const causes = (await rig.told()).map(({ document }) => document.alerts.map(({ cause }) => cause));
  expect(causes).toEqual([['condition'], ['rule-removed']]);
});

describe('repetition', () => {
  test('what fires is repeated after repeat_interval, what is acknowledged is not, nor its neighbours left out', async () => {
    begin(OPS);
    const first = alert('d1', 'firing', 0);
    await rig.tell([first, alert('d2', 'firing', 0)]);
    await rig.run(0);
    await rig.run(10);
    expect(await rig.run(3_609)).toEqual([]);
    expect(await rig.run(3_610)).toEqual(['ops repeat firing: d1 firing, d2 firing']);
    await rig.acknowledge(first, 3_700);
    expect(await rig.run(7_210)).toEqual(['ops repeat firing: d2 firing']);
    await rig.tell([alert('d2', 'resolved', 0)]);
    await rig.run(7_300);
    expect(await rig.run(7_310)).toEqual(['ops changed firing: d1 firing, d2 resolved']);
    expect(await rig.run(10_910)).toEqual([]);
    // A new instance is not acknowledged.
    await rig.tell([alert('d1', 'resolved', 0), alert('d1', 'firing', 11_000)]);
    await rig.run(11_000);
    expect(await rig.run(11_010)).toEqual(['ops changed firing: d1 resolved, d1 firing']);
    expect(await rig.run(14_610)).toEqual(['ops repeat firing: d1 firing']);
  });

  test('repeat while down: each repetition holds everything that fires, so the last one stands for those before', async () => {
    const { supersedes } = await import('../../../functions/dispatch/document.js');
    begin(OPS);
    await rig.tell([alert('d1', 'firing', 0)]);
    for (const seconds of [0, 10, 3_610, 7_210]) await rig.run(seconds);
    await rig.tell([alert('d1', 'resolved', 0)]);
    for (const seconds of [7_300, 7_310]) await rig.run(seconds);
    const waiting = (await rig.told()).map(({ document }) => document);
    expect(waiting.map(({ reason }) => reason)).toEqual(['new', 'repeat', 'repeat', 'changed']);
    for (const earlier of waiting.slice(0, -1)) expect(supersedes(waiting.at(-1)!, earlier)).toBe(true);
    expect(new Set(waiting.map(({ id }) => id)).size).toBe(4);
  });
});

describe('silences', () => {
  test('a silenced alert still resolves', async () => {
    begin(OPS);
    await rig.tell([alert('d1', 'firing', 0), alert('d2', 'firing', 0)]);
    await rig.run(0);
    expect(await rig.run(10)).toEqual(['ops new firing: d1 firing, d2 firing']);
    await rig.silence('s1', 20, 10_000, is('deviceId', 'd1'));
    await rig.tell([alert('d1', 'resolved', 0)]);
    await rig.run(60);
    expect(await rig.run(70)).toEqual(['ops changed firing: d1 resolved, d2 firing']);
  });

  test('under a silence nothing is told that begins, nor then its end, nor is anything repeated', async () => {
    begin(OPS);
    await rig.silence('s1', 0, 20_000, is('site', 'north'));
    await rig.tell([alert('d1', 'firing', 1)]);
    await rig.run(1);
    expect(await rig.run(11)).toEqual([]);
    await rig.tell([alert('d1', 'resolved', 1), alert('d2', 'firing', 30)]);
    await rig.run(30);
    expect(await rig.run(100)).toEqual([]);
    expect(await rig.run(7_200)).toEqual([]);
  });

  // second   0              40        45           50        60
  //          begin          run due   silence      fires     run due
  //                                                |-- the first of them runs here, as its process had died
  test('a silence that began after the time for which a late run was due holds', async () => {
    begin(OPS.replace('group_wait: 10s', 'group_wait: 0s'));
    await rig.silence('s1', 45, 500, { name: 'deviceId', value: 'd1', isRegex: false, isEqual: true });
    await rig.tell([alert('d1', 'firing', 50)]);
    expect(await rig.run(40)).toEqual([]);
    expect(await rig.run(60)).toEqual([]);
    expect(await rig.run(120)).toEqual([]);
  });

  test('a notice goes out when a silence expires while alerts fire', async () => {
    begin(OPS);
    await rig.tell([alert('d1', 'firing', 0)]);
    await rig.run(0);
    expect(await rig.run(10)).toHaveLength(1);
    await rig.silence('s1', 20, 500, is('site', 'north'));
    await rig.run(20);
    await rig.tell([alert('d2', 'firing', 30)]);
    for (const seconds of [30, 90, 499]) expect(await rig.run(seconds)).toEqual([]);
    expect(await rig.run(500)).toEqual(['ops silence-expired firing: d1 firing, d2 firing']);
    expect(await rig.run(501)).toEqual([]);
  });

  test('one that is ended early counts as expired, also for an environment that begins then', async () => {
    begin(OPS);
    await rig.silence('s1', 0, 50_000, is('site', 'north'));
    await rig.tell([alert('d1', 'firing', 1)]);
    await rig.run(1);
    expect(await rig.run(11)).toEqual([]);
    rig.restart();
    await rig.platform.stores.operations.act({
      act: 'expire-silence',
      id: 's1',
      author: 'ann',
      at: Date.UTC(2026, 10, 21, 12, 1),
    });
    expect(await rig.run(60)).toEqual(['ops silence-expired firing: d1 firing']);
  });

  test('of two silences the last one counts', async () => {
    begin(OPS);
    await rig.silence('s1', 0, 100, is('site', 'north'));
    await rig.silence('s2', 50, 200, is('deviceId', 'd1'));
    await rig.tell([alert('d1', 'firing', 1)]);
    for (const seconds of [1, 11, 50, 100, 199]) expect(await rig.run(seconds)).toEqual([]);
    expect(await rig.run(200)).toEqual(['ops silence-expired firing: d1 firing']);
  });
});

describe('inhibition', () => {
  const INHIBITED = `${OPS}
inhibit_rules: [{ source_matchers: [alertname="SiteDown"], target_matchers: [severity="warning"], equal: [site] }]
`;
  const source = { rule: 'SiteDown', severity: 'critical' };

  test('while a source fires its targets are not told; when it ends they are', async () => {
    begin(INHIBITED);
    await rig.tell([alert('site', 'firing', 0, source), alert('d1', 'firing', 1)]);
    await rig.tell([alert('d2', 'firing', 1, { labels: { site: 'south' } })]);
    await rig.run(1);
    expect(await rig.run(11)).toEqual(['ops new firing: d2 firing', 'ops new firing: site firing']);
    expect(await rig.run(71)).toEqual([]);
    rig.restart();
    expect(await rig.run(131)).toEqual([]);
    await rig.tell([alert('site', 'resolved', 0, source)]);
    await rig.run(140);
    expect(await rig.run(191)).toEqual(
      ['ops changed firing: d1 firing, d2 firing', 'ops changed resolved: site resolved'].sort(),
    );
  });

  test('what was told before resolves while it is inhibited', async () => {
    begin(INHIBITED);
    await rig.tell([alert('d1', 'firing', 1)]);
    await rig.run(1);
    expect(await rig.run(11)).toHaveLength(1);
    await rig.tell([alert('site', 'firing', 20, source), alert('d1', 'resolved', 1)]);
    await rig.run(61);
    expect(await rig.run(71)).toContain('ops changed resolved: d1 resolved');
  });
});

describe('escalation', () => {
  const STEPS = `
route:
  receiver: ops
  group_wait: 0s
  group_interval: 1m
  repeat_interval: 1d
  escalation: [{ after: 10m, receiver: oncall }, { after: 30m, receiver: boss }]
receivers:
  - { name: ops, webhooks: [{ url: http://127.0.0.1:1 }] }
  - { name: oncall, webhooks: [{ url: http://127.0.0.1:1 }] }
  - { name: boss, webhooks: [{ url: http://127.0.0.1:1 }] }
`;

  test('each step once, and its end for everybody who was told', async () => {
    begin(STEPS);
    await rig.tell([alert('d1', 'firing', 0)]);
    expect(await rig.run(0)).toEqual(['ops new firing: d1 firing']);
    expect(await rig.run(599)).toEqual([]);
    expect(await rig.run(600)).toEqual(['oncall escalation firing: d1 firing']);
    expect(await rig.run(601)).toEqual([]);
    rig.restart();
    expect(await rig.run(1_800)).toEqual(['boss escalation firing: d1 firing']);
    expect(await rig.run(4_000)).toEqual([]);
    await rig.tell([alert('d1', 'resolved', 0)]);
    expect(await rig.run(4_100)).toEqual([
      'boss changed resolved: d1 resolved',
      'oncall changed resolved: d1 resolved',
      'ops changed resolved: d1 resolved',
    ]);
  });

  test('not while it is acknowledged; a new instance begins anew', async () => {
    begin(STEPS);
    const first = alert('d1', 'firing', 0);
    await rig.tell([first]);
    await rig.run(0);
    await rig.acknowledge(first, 300);
    for (const seconds of [600, 660, 1_800, 2_000]) expect(await rig.run(seconds)).toEqual([]);
    await rig.tell([alert('d1', 'resolved', 0), alert('d1', 'firing', 2_100)]);
    await rig.run(2_100);
    expect(await rig.run(2_700)).toEqual(['oncall escalation firing: d1 firing']);
  });

  test('an acknowledgement that is withdrawn', async () => {
    begin(STEPS);
    const first = alert('d1', 'firing', 0);
    await rig.tell([first]);
    await rig.run(0);
    await rig.acknowledge(first, 300);
    expect(await rig.run(600)).toEqual([]);
    const { fingerprint, startsAt } = first;
    await rig.platform.stores.operations.act({
      act: 'unacknowledge',
      fingerprint,
      startsAt,
      author: 'ann',
      at: startsAt + 1,
    });
    expect(await rig.run(660)).toEqual(['oncall escalation firing: d1 firing']);
  });
});

test('a route tells what begins in its hours only, and the end of what it told at any time', async () => {
  // The timeline begins at 12:00 UTC.
  begin(OPS.replace('{ receiver: ops,', '{ receiver: ops, active: { hours: "12:10-13:00" },'));
  await rig.tell([alert('d1', 'firing', 0), alert('d2', 'firing', 0), alert('d2', 'resolved', 0)]);
  for (const seconds of [0, 10, 70, 310, 599]) expect(await rig.run(seconds)).toEqual([]);
  expect(await rig.run(660)).toEqual(['ops new firing: d1 firing']);
  await rig.tell([alert('d3', 'firing', 3_600), alert('d1', 'resolved', 0)]);
  await rig.run(3_600);
  expect(await rig.run(3_610)).toEqual(['ops changed resolved: d1 resolved']);
});

test('a flapping alert is told once, and again when it is calm', async () => {
  begin(OPS);
  const flaps = { flapping: true };
  await rig.tell([alert('d1', 'firing', 0, flaps)]);
  await rig.run(0);
  expect(await rig.run(10)).toEqual(['ops new firing: d1 firing~']);
  for (let second = 100; second < 1_000; second += 200) {
    const before = second === 100 ? 0 : second - 200;
    await rig.tell([alert('d1', 'resolved', before, flaps), alert('d1', 'firing', second, flaps)]);
    expect(await rig.run(second)).toEqual([]);
    expect(await rig.run(second + 70)).toEqual([]);
  }
  await rig.tell([alert('d1', 'resolved', 900, flaps)]);
  await rig.run(1_000);
  expect(await rig.run(3_700)).toEqual(['ops repeat firing: d1 firing~']);
  expect(await rig.run(4_599)).toEqual([]);
  expect(await rig.run(4_600)).toEqual(['ops changed resolved: d1 resolved']);
});

describe('a changed notifications.yml', () => {
  const CRITICAL = `
route:
  receiver: ops
  group_wait: 10s
  group_interval: 1m
  routes: [{ matchers: [severity="critical"], receiver: oncall }]
receivers:
  - { name: ops, webhooks: [{ url: http://127.0.0.1:1 }] }
  - { name: oncall, webhooks: [{ url: http://127.0.0.1:1 }] }
`;

  test('alerts of a route that is no more move; their end goes to both who know them', async () => {
    begin(CRITICAL);
    await rig.tell([alert('d1', 'firing', 0, { severity: 'critical' })]);
    await rig.run(0);
    expect(await rig.run(10)).toEqual(['oncall new firing: d1 firing']);
    rig.restart(CRITICAL.replace('routes: [{ matchers: [severity="critical"], receiver: oncall }]', ''));
    await rig.run(20);
    expect(await rig.run(30)).toEqual(['ops new firing: d1 firing']);
    await rig.tell([alert('d1', 'resolved', 0, { severity: 'critical' })]);
    await rig.run(80);
    expect(await rig.run(90)).toEqual([
      'oncall changed resolved: d1 resolved',
      'ops changed resolved: d1 resolved',
    ]);
    const keys = (await rig.told()).map(({ target, document }) => `${target[1]} ${document.groupKey}`);
    expect(keys.sort()).toEqual([
      'n {}/{severity="critical"}:{alertname="TooWarm"}',
      'n {}/{severity="critical"}:{alertname="TooWarm"}',
      'p {}:{alertname="TooWarm"}',
      'p {}:{alertname="TooWarm"}',
    ]);
  });

  test('an end that was about to be told is told', async () => {
    begin(CRITICAL);
    await rig.tell([alert('d1', 'firing', 0, { severity: 'critical' })]);
    await rig.run(0);
    await rig.run(10);
    await rig.tell([alert('d1', 'resolved', 0, { severity: 'critical' })]);
    await rig.run(20);
    rig.restart(CRITICAL.replace('routes: [{ matchers: [severity="critical"], receiver: oncall }]', ''));
    await rig.run(30);
    expect(await rig.run(40)).toEqual(['oncall changed resolved: d1 resolved']);
  });

  test('a file that is changed back after a run died while it moved groups', async () => {
    begin(CRITICAL);
    await rig.tell([alert('d1', 'firing', 0, { severity: 'critical' })]);
    await rig.run(0);
    expect(await rig.run(10)).toEqual(['oncall new firing: d1 firing']);
    rig.restart(CRITICAL.replace('[severity="critical"]', '[severity=~"critical|fatal"]'));
    const { dispatch } = rig.platform.stores;
    const { commit } = dispatch;
    dispatch.commit = async (changes) => {
      if (changes.groups.some((group) => !isGroup(group))) throw new Error('killed');
      return commit.call(dispatch, changes);
    };
    await expect(rig.run(20)).rejects.toThrow('killed');
    dispatch.commit = commit;
    rig.restart(CRITICAL);
    await rig.tell([alert('d1', 'resolved', 0, { severity: 'critical' })]);
    await rig.run(80);
    expect(await rig.run(90)).toContain('oncall changed resolved: d1 resolved');
  });

  test('without the file everything under way is forgotten, and begins anew with it', async () => {
    begin(OPS);
    await rig.tell([alert('d1', 'firing', 0)]);
    await rig.run(0);
    rig.restart(null);
    await rig.tell([alert('d2', 'firing', 0)]);
    await rig.run(20);
    expect(rig.platform.logged).toMatchObject([{ groups: 1 }]);
    rig.restart(OPS);
    expect(await rig.run(30)).toEqual([]);
    await rig.tell([alert('d3', 'firing', 40)]);
    await rig.run(40);
    expect(await rig.run(50)).toEqual(['ops new firing: d3 firing']);
  });
});

test('targets that are not told of ends, and those that take few alerts', async () => {
  begin(`
route: { receiver: ops, group_wait: 0s, group_interval: 1m }
receivers:
  - name: ops
    webhooks: [{ url: http://127.0.0.1:1, send_resolved: false }, { url: http://127.0.0.1:1, max_alerts: 1 }]
`);
  await rig.tell([alert('d1', 'firing', 0), alert('d2', 'firing', 0)]);
  expect(await rig.run(0)).toEqual([
    'ops new firing: d1 firing, d2 firing',
    'ops/webhook/1 new firing: d1 firing',
  ]);
  await rig.tell([alert('d1', 'resolved', 0)]);
  expect(await rig.run(100)).toEqual(['ops/webhook/1 changed firing: d2 firing']);
  expect((await rig.told()).at(-1)!.document.truncatedAlerts).toBe(1);
});
