import { manifestProject, type Project, sound, type Tree } from '../../support/manifest-project.js';

let project: Project;
beforeAll(() => {
  project = manifestProject();
});
afterAll(() => project.remove());

const AT = 'functions.alert.events[0].schedule';
const schedule = (settings: Tree = {}) => ({ schedule: { rate: 'rate(5 minutes)', ...settings } });

test('defaults', async () => {
  const expected = {
    type: 'schedule',
    name: 'AlertEventsRuleSchedule1',
    expression: 'rate(5 minutes)',
    timezone: 'UTC',
    method: 'eventBus',
    enabled: true,
  };
  expect(await project.triggers({ schedule: 'rate(5 minutes)' })).toEqual([expected]);
  expect(await project.triggers(schedule())).toEqual([expected]);
  expect(await project.triggers(schedule({ rate: ['rate(5 minutes)'] }))).toEqual([expected]);
});

test('a trigger and a name for each rate, counted over the function', async () => {
  const triggers = await project.triggers({}, ({ functions }) => {
    functions.alert.events = [
      schedule({ rate: ['rate(1 day)', 'cron(0 10 ? * 2 *)'] }),
      schedule({ method: 'scheduler' }),
      schedule({ name: 'own.name' }),
    ];
  });
  expect(
    triggers.map((trigger) => trigger.type === 'schedule' && [trigger.name, trigger.expression]),
  ).toEqual([
    ['AlertEventsRuleSchedule1', 'rate(1 day)'],
    ['AlertEventsRuleSchedule2', 'cron(0 10 ? * 2 *)'],
    ['AlertSchedulerSchedule3', 'rate(5 minutes)'],
    ['own.name', 'rate(5 minutes)'],
  ]);
});

test.each<[Tree, object]>([
  [{ enabled: false }, { enabled: false }],
  [{ description: 'x'.repeat(512) }, {}],
  [{ method: 'eventBus' }, { method: 'eventBus' }],
  [
    { method: 'scheduler', timezone: 'Europe/Berlin', groupName: 'g', roleArn: 'arn:aws:iam::1:role/r' },
    { method: 'scheduler', timezone: 'Europe/Berlin' },
  ],
  [{ input: { a: 1 } }, { input: { a: 1 } }],
  [{ input: '{"a":1}' }, { input: { a: 1 } }],
  [{ input: { body: '{"a":1}' } }, { input: { body: { a: 1 } } }],
  [{ name: 'a'.repeat(64) }, { name: 'a'.repeat(64) }],
])('takes %j', async (settings, expected) => {
  expect(await project.triggers(schedule(settings))).toMatchObject([expected]);
});

test.each<[Tree, string, string]>([
  [{ rate: undefined }, 'rate', 'must be rate(…) or cron(…)'],
  [{ rate: [] }, 'rate', 'must be rate(…) or cron(…)'],
  [{ rate: 5 }, 'rate', 'must be rate(…) or cron(…)'],
  [{ rate: 'rate(1 minutes)' }, 'rate', 'singular'],
  [{ rate: 'rate(1 second)' }, 'rate', 'takes no seconds on AWS'],
  [{ rate: ['rate(1 day)', 'cron(* * * * *)'] }, 'rate[1]', 'AWS wants 6'],
  [{ enabled: 'no way' }, 'enabled', 'must be true or false'],
  [{ method: 'cron' }, 'method', 'must be one of eventBus, scheduler'],
  [{ timezone: 'Europe/Berlin' }, 'timezone', 'goes with method: scheduler only'],
  [{ groupName: 'g' }, 'groupName', 'goes with method: scheduler only'],
  [{ method: 'scheduler', timezone: 'Mars' }, 'timezone', '"Mars" is no time zone'],
  [{ input: 'words' }, 'input', 'must be an object, or a string of JSON'],
  [{ input: 5 }, 'input', 'must be an object, or a string of JSON'],
  [{ input: { body: 'words' } }, 'input.body', 'must be an object, or a string of JSON'],
  [{ input: { body: '{}', a: 1 } }, 'input.body', 'goes alone'],
  [{ input: { a: 'x'.repeat(8192) } }, 'input', 'at most 8192'],
  [{ inputPath: '$.time' }, 'inputPath', 'give the whole input'],
  [{ inputTransformer: { inputTemplate: 'x' } }, 'inputTransformer', 'give the whole input'],
  [{ name: 'a b' }, 'name', 'must be 1 to 64'],
  [{ name: 'a'.repeat(65) }, 'name', 'must be 1 to 64'],
  [{ name: 'a', rate: ['rate(1 day)', 'rate(2 days)'] }, 'name', 'more than one rate'],
  [{ description: 'x'.repeat(513) }, 'description', 'at most 512'],
  [{ enable: true }, 'enable', 'did you mean "enabled"?'],
])('refuses %#: %j', async (settings, path, reason) => {
  const found = await project.refused(schedule(settings));
  expect(found).toEqual([expect.stringContaining(`${AT}.${path}: `)]);
  expect(found[0]).toContain(reason);
});

test('two rules of one name', async () => {
  const content = sound();
  content.functions.alert.events = [schedule({ name: 'nightly' })];
  content.functions.tick.events = [schedule({ name: 'nightly' })];
  expect(await project.problems(content)).toEqual([
    'functions.tick.events: the rule name nightly is already taken by alert',
  ]);
});
