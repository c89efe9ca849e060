/**
 * The state machine on a clock that the test turns.
 *
 *     |   one batch   |
 *     +a      -a  +a  | nothing but `a online`
 */
import fc from 'fast-check';
import {
  BATCH_MS,
  CHUNK,
  type ConnectionPresence,
  Presence,
  RETRY_MS,
} from '../../../gateway/presence/presence.js';
import { virtualTimers } from '../../support/virtual-timers.js';

function presenceOf(bounds: { maxDevices?: number; maxDevicesPerConnection?: number } = {}) {
  const timers = virtualTimers();
  const told: string[] = [];
  const failures: unknown[] = [];
  let untracked = 0;
  let underWay = 0;
  let most = 0;
  let failing = false;
  const presence = new Presence({
    timers,
    async tell(deviceId, online) {
      if (failing) throw new Error('no room');
      underWay++;
      most = Math.max(most, underWay);
      await new Promise((resolve) => setImmediate(resolve));
      underWay--;
      told.push(`${deviceId} ${online ? 'online' : 'offline'}`);
    },
    failed: (error) => failures.push(error),
    untracked: () => untracked++,
    ...bounds,
  });
  return {
    presence,
    timers,
    failures,
    /** What was told since the last call. */
    told: () => told.splice(0),
    batch: () => timers.advance(BATCH_MS),
    fail: (wanted: boolean) => {
      failing = wanted;
    },
    get untracked() {
      return untracked;
    },
    get most() {
      return most;
    },
    connect: (...devices: string[]): ConnectionPresence => {
      const connection = presence.connection();
      for (const device of devices) connection.heard(device);
      return connection;
    },
  };
}

test('online with the first connection, offline with the end of the last', async () => {
  const { connect, batch, told } = presenceOf();
  const first = connect('a');
  await batch();
  expect(told()).toEqual(['a online']);
  const second = connect('a');
  first.heard('a');
  first.end();
  await batch();
  expect(told()).toEqual([]);
  second.end();
  await batch();
  expect(told()).toEqual(['a offline']);
});

test('whoever is back within the batch is told of nothing', async () => {
  const { connect, batch, told } = presenceOf();
  connect('a').end();
  await batch();
  expect(told()).toEqual([]);
  const connection = connect('a');
  await batch();
  connection.end();
  connect('a');
  await batch();
  expect(told()).toEqual(['a online']);
});

test('a connection that takes the place of another speaks for the same devices', async () => {
  const { presence, connect, batch, told } = presenceOf();
  const old = connect('a', 'b');
  await batch();
  told();
  const next = presence.connection();
  next.takeOver(old);
  await batch();
  old.end();
  await batch();
  expect(told()).toEqual([]);
  next.end();
  await batch();
  expect(told()).toEqual(['a offline', 'b offline']);
});

test('a connection may give up a device and take it back', async () => {
  const { connect, batch, told, presence } = presenceOf();
  const connection = connect('a', 'b');
  await batch();
  connection.left('b');
  connection.left('never');
  await batch();
  expect(told()).toEqual(['a online', 'b online', 'b offline']);
  expect(presence.online).toBe(1);
  connection.heard('b');
  await batch();
  expect(told()).toEqual(['b online']);
});

test('what comes in after the end of a connection counts for nothing', async () => {
  const { connect, batch, told } = presenceOf();
  const connection = connect('a');
  connection.end();
  connection.heard('a');
  connection.heard('b');
  await batch();
  expect(told()).toEqual([]);
});

test('after a restart those who have not come back within the grace are told offline', async () => {
  const { presence, connect, timers, told } = presenceOf();
  presence.restore(['stays', 'returns', 'comes and goes'], 30_000);
  connect('returns');
  const brief = connect('comes and goes');
  await timers.advance(1_000);
  expect(told()).toEqual([]);
  brief.end();
  await timers.advance(1_000);
  expect(told()).toEqual(['comes and goes offline']);
  await timers.advance(27_999);
  expect(told()).toEqual([]);
  await timers.advance(1);
  expect(told()).toEqual(['stays offline']);
  expect(timers.waiting).toBe(0);
});

test('ten thousand at once: so many at a time, all of them told, nothing left behind', async () => {
  const { connect, batch, told, timers, most: _, ...rest } = presenceOf();
  const connections = Array.from({ length: 10_000 }, (_, index) => connect(`dev-${index}`));
  await batch();
  await settle(timers, () => told().length, 10_000);
  for (const connection of connections) connection.end();
  await batch();
  await settle(timers, () => told().length, 10_000);
  expect(rest.presence.online).toBe(0);
  expect(timers.waiting).toBe(0);
});

test('no more than a chunk is being told at a time', async () => {
  const world = presenceOf();
  for (let index = 0; index < 5 * CHUNK; index++) world.connect(`dev-${index}`);
  await world.batch();
  await settle(world.timers, () => world.told().length, 5 * CHUNK);
  expect(world.most).toBe(CHUNK);
});

test('what could not be told is told later, as it is by then', async () => {
  const { connect, batch, told, fail, failures, timers } = presenceOf();
  fail(true);
  const a = connect('a');
  connect('b');
  await batch();
  expect(failures).toHaveLength(1);
  a.end();
  fail(false);
  await timers.advance(RETRY_MS - 1);
  expect(told()).toEqual([]);
  await timers.advance(1);
  expect(told()).toEqual(['b online']);
});

test('the bounds: devices beyond them are counted and not told of', async () => {
  const world = presenceOf({ maxDevices: 3, maxDevicesPerConnection: 2 });
  const { connect, batch, told } = world;
  const first = connect('a', 'b', 'c');
  expect(world.untracked).toBe(1);
  connect('c', 'd');
  expect(world.untracked).toBe(2);
  await batch();
  expect(told()).toEqual(['a online', 'b online', 'c online']);
  first.end();
  connect('d');
  await batch();
  expect(told()).toEqual(['a offline', 'b offline', 'd online']);
});

test('after a stop nothing is told', async () => {
  const { presence, connect, timers, told } = presenceOf();
  presence.restore(['b'], 30_000);
  const connection = connect('a');
  await timers.advance(BATCH_MS);
  await presence.stop();
  connection.end();
  await timers.advance(60_000);
  expect(told()).toEqual(['a online']);
});

test('whatever happens: no state is told twice in a row, and what is told last is what is', async () => {
  const step = fc.record({
    connection: fc.nat(3),
    device: fc.constantFrom('a', 'b', 'c'),
    what: fc.constantFrom('heard', 'left', 'end', 'take', 'wait', 'fail', 'mend'),
    ms: fc.nat(2 * BATCH_MS),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const { presence, timers, told, fail } = presenceOf();
      const connections = Array.from({ length: 4 }, () => presence.connection());
      for (const { connection: at, device, what, ms } of steps) {
        const connection = connections[at]!;
        if (what === 'heard') connection.heard(device);
        else if (what === 'left') connection.left(device);
        else if (what === 'wait') await timers.advance(ms);
        else if (what === 'fail' || what === 'mend') fail(what === 'fail');
        else {
          connections[at] = presence.connection();
          if (what === 'take') connections[at].takeOver(connection);
          connection.end();
        }
      }
      fail(false);
      await timers.advance(RETRY_MS + BATCH_MS);
      const history = told();
      for (const device of ['a', 'b', 'c']) {
        const states = history.filter((entry) => entry.startsWith(device));
        expect(states).toEqual(
          states.map((_, index) => `${device} ${index % 2 === 0 ? 'online' : 'offline'}`),
        );
        const isLive = connections.some((connection) => connection.speaksFor(device));
        expect(states.at(-1) ?? `${device} offline`).toBe(`${device} ${isLive ? 'online' : 'offline'}`);
      }
    }),
    { numRuns: 60 },
  );
});

async function settle(
  timers: { settle(): Promise<void> },
  count: () => number,
  wanted: number,
): Promise<void> {
  let seen = count();
  for (let turns = 0; turns < 1_000 && seen < wanted; turns++) {
    await timers.settle();
    seen += count();
  }
  expect(seen).toBe(wanted);
}
