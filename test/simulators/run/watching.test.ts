/** What a run watches besides its events: the driver's counts, processes, the backend. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BackendWatch, metricOf } from '../../../simulators/run/backend-watch.js';
import { CountingObserver } from '../../../simulators/run/observer.js';
import { childrenOf, ProcessWatch, usageOf } from '../../../simulators/run/processes.js';
import { filterOf } from '../../../simulators/run/transport-judging.js';

test('each message is told once, and all are counted', () => {
  const told: string[] = [];
  const heard: (string | null)[] = [];
  const observer = new CountingObserver({ disconnected: (_device, reason) => heard.push(reason) }, (text) =>
    told.push(text),
  );
  observer.connected(0, 1);
  observer.connected(1, 1);
  observer.disconnected(0, 'reset');
  observer.disconnected(1, null);
  observer.error('reset');
  for (let i = 0; i < 100; i++) observer.error(`other ${i}`);
  expect(observer.counts).toMatchObject({ connected: 0, errors: 102 });
  expect(told.slice(0, 2)).toEqual(['reset', 'other 0']);
  expect(told).toHaveLength(20);
  expect(heard).toEqual(['reset', null]);
});

test('processes are looked at by number; one that is gone is left out', () => {
  const nobody = 0x3f_ff_ff;
  const watch = new ProcessWatch(() => ({ us: [process.pid, nobody], gone: [nobody] }));
  expect(watch.look(0)).toEqual({ us: { cpu: 0, rss: expect.any(Number) } });
  const { us } = watch.look(1_000);
  expect(us!.rss).toBeGreaterThan(1e6);
  expect(us!.cpu).toBeGreaterThanOrEqual(0);
  expect(usageOf(nobody)).toBeNull();
  expect(childrenOf(nobody, null)).toEqual([]);
});

describe('a backend', () => {
  let cpu = 10;
  let accounting = JSON.stringify({ total: { lag: { alert: 3, aggregate: 7 } } });
  const server = createServer((request, response) => {
    if (request.url === '/accounting') response.end(accounting);
    else response.end(`# HELP\nprocess_cpu_seconds_total ${cpu}\nprocess_resident_memory_bytes 123000\n`);
  });
  let base: string;
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });
  afterAll(() => server.close());

  test('says how far its functions are behind and what it takes', async () => {
    const watch = new BackendWatch(base, true);
    expect(await watch.look()).toEqual({
      lag: { alert: 3, aggregate: 7 },
      process: { cpu: 0, rss: 123_000 },
    });
    cpu = 11;
    expect((await watch.look()).process!.cpu).toBeGreaterThan(0);
    // It was started again.
    cpu = 0.5;
    expect((await watch.look()).process!.cpu).toBe(0);
    expect((await new BackendWatch(base, false).look()).process).toBeUndefined();
  });

  test('that is another server, or none, shows nothing', async () => {
    accounting = 'hello';
    expect(await new BackendWatch(base, false).look()).toEqual({});
    expect(await new BackendWatch('http://127.0.0.1:1', true).look()).toEqual({});
  });
});

test('a metric by its whole name', () => {
  expect(metricOf('a_total 1\na 2\n', 'a')).toBe(2);
  expect(metricOf('ab 1\n', 'a')).toBeNull();
});

test('a filter has whole levels', () => {
  expect(filterOf('devices/{deviceId}/telemetry')).toBe('devices/+/telemetry');
  expect(filterOf('site/x-{deviceId}')).toBe('site/+');
});
