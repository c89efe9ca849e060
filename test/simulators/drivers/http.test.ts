/** The HTTP driver against a server that does as the test says. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { wallNow } from '../../../simulators/drivers/clock.js';
import { createDriver } from '../../../simulators/drivers/create.js';
import type { Target } from '../../../simulators/drivers/driver.js';
import {
  DriveRecord,
  driveOptions,
  names,
  plannedPublishes,
  shortPlan,
  testTarget,
} from '../../support/drive-record.js';
import { freePorts } from '../../support/free-ports.js';
import { poll } from '../../support/poll.js';

describe('the HTTP driver', () => {
  let server: Server;
  const bodies: { path: string; body: string; authorization: string | undefined }[] = [];
  const sockets = new Set<unknown>();
  let answer: (response: ServerResponse, count: number) => void;

  beforeEach(async () => {
    bodies.length = 0;
    sockets.clear();
    answer = (response) => void response.writeHead(202).end('{}');
    server = createServer((request: IncomingMessage, response) => {
      sockets.add(request.socket);
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      request.on('end', () => {
        bodies.push({ path: request.url!, body, authorization: request.headers.authorization });
        answer(response, bodies.length);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  const target = (overrides: Partial<Target> = {}) =>
    testTarget((server.address() as AddressInfo).port, { transport: 'http', path: '/base', ...overrides });

  /** Events of all bodies, in order, as `path payload`; an event may have come alone or in an array. */
  const events = () =>
    bodies.flatMap(({ path, body }) => {
      const parsed = JSON.parse(body) as unknown;
      return (Array.isArray(parsed) ? parsed : [parsed]).map((event) => `${path} ${JSON.stringify(event)}`);
    });
  const expected = (plan: ReturnType<typeof shortPlan>) =>
    plannedPublishes(plan).map(
      ({ device, publish }) =>
        `/base/devices/${plan.devices[device]!.deviceId}/telemetry ${publish.payload.toString()}`,
    );

  test('posts each report to its device, over connections that stay', async () => {
    const plan = shortPlan(600, { devices: 3 });
    const record = new DriveRecord();
    const summary = await createDriver(
      driveOptions(target({ username: 'u', password: 'p' }), plan),
      record,
    ).run();
    expect(summary).toMatchObject({
      acknowledged: summary.planned,
      sent: summary.planned,
      unsent: 0,
      connects: 3,
    });
    expect(events().sort()).toEqual(expected(plan).sort());
    expect(sockets.size).toBeLessThanOrEqual(3);
    expect(bodies[0]!.authorization).toBe(`Basic ${Buffer.from('u:p').toString('base64')}`);
  });

  test('sends what came due during a slow request as one batch, late and in order', async () => {
    const plan = shortPlan(800, { devices: 1, interval: 20 });
    let first: ServerResponse | undefined;
    answer = (response, count) => {
      if (count === 1) first = response;
      else response.writeHead(202).end();
    };
    const record = new DriveRecord();
    const running = createDriver(driveOptions(target(), plan), record).run();
    await poll(() => record.unsentOnes.length >= 10, { what: 'publishes that wait' });
    first!.writeHead(202).end();
    const summary = await running;
    expect(events()).toEqual(expected(plan));
    expect(bodies.length).toBeLessThan(summary.planned);
    expect(summary).toMatchObject({ acknowledged: summary.planned, unsent: 0 });
    expect(summary.late).toBeGreaterThanOrEqual(10);
  });

  test('tries again what the server could not take, and not what it refuses', async () => {
    const plan = shortPlan(500, { devices: 1 });
    answer = (response, count) => {
      if (count === 2) response.writeHead(503).end();
      else if (count === 1) response.writeHead(400).end();
      else response.writeHead(202).end();
    };
    const record = new DriveRecord();
    const summary = await createDriver(driveOptions(target(), plan), record).run();
    expect(summary).toMatchObject({ refused: 1, acknowledged: summary.planned - 1 });
    expect(summary.resent).toBeGreaterThanOrEqual(1);
    expect(record.errors).toEqual([expect.stringContaining('HTTP status 400')]);
    expect(names(record.acknowledgedOnes)).toEqual(names(plannedPublishes(plan)).slice(1));
  });

  test('a closed loop goes as fast as the answers come', async () => {
    const plan = shortPlan(20_000, { devices: 4 });
    const summary = await createDriver(
      driveOptions(target(), plan, { loop: { kind: 'closed', inFlight: 5 }, connections: 2 }),
      new DriveRecord(),
    ).run();
    expect(summary).toMatchObject({ acknowledged: plannedPublishes(plan).length, unsent: 0 });
  });

  test('a closed loop also feeds connections that come after its beginning', async () => {
    const plan = shortPlan(2_000, { devices: 20 });
    const summary = await createDriver(
      driveOptions(target(), plan, {
        loop: { kind: 'closed', inFlight: 5 },
        connectRate: 50,
        beginAt: wallNow(),
      }),
      new DriveRecord(),
    ).run();
    expect(summary).toMatchObject({ acknowledged: plannedPublishes(plan).length, connects: 20 });
  });

  test('tells that nobody is there', async () => {
    const [port] = await freePorts(1);
    const running = createDriver(
      driveOptions(target({ port: port! }), shortPlan(2_000)),
      new DriveRecord(),
    ).run();
    await expect(running).rejects.toMatchObject({ code: 'DRIVER_CONNECT' });
  });
});
