import { scheduledEvent } from '../../../runtime/lambda/schedule-event.js';

const time = Date.UTC(2026, 9, 31, 2, 30, 0, 250);
const ruleArn = 'arn:aws:events:eu-west-1:123456789012:rule/hourly';

test('an EventBridge rule', () => {
  expect(scheduledEvent({ time, ruleArn, method: 'eventBus' }, 'us-east-1')).toStrictEqual({
    version: '0',
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account: '123456789012',
    time: '2026-10-31T02:30:00Z',
    region: 'eu-west-1',
    resources: [ruleArn],
    detail: {},
  });
});

test('EventBridge Scheduler', () => {
  const schedule = 'arn:aws:scheduler:eu-west-1:123456789012:schedule/default/hourly';
  expect(scheduledEvent({ time, ruleArn: schedule, method: 'scheduler' }, 'us-east-1')).toMatchObject({
    source: 'aws.scheduler',
    resources: [schedule],
    detail: '{}',
  });
});

test('a retry is the same event, another run is not', () => {
  const at = (moment: number) => scheduledEvent({ time: moment, ruleArn, method: 'eventBus' }, 'us-east-1');
  expect(at(time)).toEqual(at(time));
  expect(at(time)).not.toMatchObject({ id: (at(time + 1_000) as { id: string }).id });
});

test('input replaces the event', () => {
  expect(scheduledEvent({ time, ruleArn, method: 'eventBus', input: '[1]' }, 'us-east-1')).toEqual([1]);
});
