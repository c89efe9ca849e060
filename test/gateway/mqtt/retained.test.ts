import persistenceOf from 'aedes-persistence-level';
import { ClassicLevel } from 'classic-level';
import { keyRange, retainedMessages, retainedMessagesOfAll } from '../../../gateway/mqtt/retained.js';
import { matches } from '../../../gateway/topics.js';
import { temporaryDirectory } from '../../support/product.js';

const TOPICS = [
  'a',
  'a/b',
  'a/b/c',
  'a-b',
  'a0',
  'b',
  '/x',
  'devices/dev-1/presence',
  'devices/dev-1/status',
  'devices/dev-10/presence',
  'devices/gerät/presence',
  'devices',
  'alert-state/dev-1/Hot',
];

describe('retained messages', () => {
  let database: ClassicLevel<string, string>;
  beforeAll(async () => {
    database = new ClassicLevel(temporaryDirectory());
    await database.open();
    const persistence = persistenceOf(database) as unknown as {
      storeRetained(packet: object): Promise<void>;
    };
    for (const topic of TOPICS) {
      await persistence.storeRetained({
        cmd: 'publish',
        topic,
        payload: Buffer.from(topic),
        retain: true,
        qos: 0,
      });
    }
  });
  afterAll(() => database.close());

  test.each([
    'a',
    'a/#',
    'a/+',
    'a/b',
    'a/b/#',
    '#',
    '+',
    '+/#',
    '/#',
    '/+',
    'devices/+/presence',
    'devices/dev-1/#',
    'devices/dev-1/commands/#',
    'devices/dev-1/presence',
    'devices/+/+',
  ])('of %s are those that match', async (filter) => {
    const found: string[] = [];
    for await (const { topic, payload } of retainedMessages(database, filter)) {
      expect(String(payload)).toBe(topic);
      found.push(topic);
    }
    expect(found.sort()).toEqual(TOPICS.filter((topic) => matches(filter, topic)).sort());
  });

  test('of several filters', async () => {
    const found: string[] = [];
    for await (const { topic } of retainedMessagesOfAll(database, ['b', 'alert-state/#'])) found.push(topic);
    expect(found).toEqual(['b', 'alert-state/dev-1/Hot']);
  });
});

test("a device's own topics are a range of their own", () => {
  const { gte, lt } = keyRange('devices/dev-1/commands/#');
  expect('retained:devices/dev-1/commands' >= gte && 'retained:devices/dev-1/commands/x' < lt).toBe(true);
  expect('retained:devices/dev-1/presence' < lt).toBe(false);
});
