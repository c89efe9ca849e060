import { AlertWatch } from '../../bench/driver/alert-watch.js';

const RULE = 'HighTemperature';
const alert = (seq: number, change: object = {}) =>
  Buffer.from(
    JSON.stringify({ rule: RULE, state: 'firing', deviceId: 'bench-0001', event: { seq }, ...change }),
  );

function watch() {
  const made = new AlertWatch(RULE);
  for (const seq of [10, 11, 12]) made.sent(1, seq, 100, 105, true);
  return made;
}

describe('alert watch of the load driver', () => {
  test('each acknowledged hot event owes one alert; one that was not acknowledged owes none', () => {
    const made = watch();
    made.acknowledged(1, 10);
    made.acknowledged(1, 11);
    expect(made.outstanding).toBe(2);
    made.received(alert(10), 130);
    expect(made.outstanding).toBe(1);
    expect(made.figures()).toMatchObject({
      expected: 2,
      received: 1,
      missing: 1,
      missingExamples: ['bench-0001/11'],
      latencyMs: { count: 1, max: 30 },
      latencyFromSendMs: { max: 25 },
    });
  });

  test('an alert may overtake the acknowledgement of its event', () => {
    const made = watch();
    made.received(alert(10), 130);
    made.acknowledged(1, 10);
    expect(made.outstanding).toBe(0);
    expect(made.figures()).toMatchObject({ expected: 1, received: 1, missing: 0 });
  });

  test('twice is a duplicate, for a stranger is unexpected, another rule is nothing', () => {
    const made = watch();
    made.received(alert(10), 1);
    made.received(alert(10), 2);
    made.received(alert(99), 3);
    made.received(alert(11, { deviceId: 'dev-1' }), 3);
    made.received(alert(11, { rule: 'LowBattery' }), 3);
    made.received(alert(10, { state: 'resolved' }), 4);
    expect(made.figures()).toMatchObject({ duplicate: 1, unexpected: 2, resolved: 1 });
  });
});
