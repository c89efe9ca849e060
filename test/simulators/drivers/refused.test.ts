/** What is wrong with a connection is told so that the reader knows what to do, at once. */
import { createDriver } from '../../../simulators/drivers/create.js';
import type { Target } from '../../../simulators/drivers/driver.js';
import { DriveRecord, driveOptions, shortPlan, testTarget } from '../../support/drive-record.js';
import { type Mosquitto, mosquittoCommand, startMosquitto } from '../../support/mosquitto.js';
import { requireService } from '../../support/services.js';

const describeMosquitto = await requireService('mosquitto', mosquittoCommand);

describeMosquitto('a broker with users and TLS', () => {
  let broker: Mosquitto;
  beforeAll(async () => {
    broker = await startMosquitto({ user: { name: 'sensor', password: 'secret' } });
  });
  afterAll(() => broker?.close());

  const login = { username: 'sensor', password: 'secret' };
  const run = (target: Target) => {
    const options = driveOptions(target, shortPlan(200), { loop: { kind: 'closed', inFlight: 2 } });
    return createDriver(options, new DriveRecord()).run();
  };

  test.each([4, 5] as const)('takes the right password (MQTT %i)', async (protocolVersion) => {
    const summary = await run(testTarget(broker.port, { ...login, protocolVersion }));
    expect(summary).toMatchObject({ acknowledged: summary.planned, failedConnects: 0 });
  });

  test.each([4, 5] as const)('refuses the wrong one (MQTT %i)', async (protocolVersion) => {
    await expect(
      run(testTarget(broker.port, { ...login, password: 'x', protocolVersion })),
    ).rejects.toMatchObject({
      code: 'DRIVER_CONNECT',
      canRetry: false,
      hint: expect.stringContaining('-u and -P') as string,
    });
  });

  test('has a certificate that nobody vouches for: only with --insecure', async () => {
    const target = testTarget(broker.tlsPort, { ...login, transport: 'mqtts', host: 'localhost' });
    await expect(run(target)).rejects.toMatchObject({
      code: 'DRIVER_CONNECT',
      hint: expect.stringContaining('--cafile') as string,
    });
    const summary = await run({ ...target, insecure: true });
    expect(summary.acknowledged).toBe(summary.planned);
  });

  test('has a certificate for another name', async () => {
    const target = testTarget(broker.tlsPort, { ...login, transport: 'mqtts', ca: broker.certificate.cert });
    await expect(run(target)).rejects.toMatchObject({
      hint: expect.stringContaining('another host name') as string,
    });
  });

  test('does not speak TLS on its plain port, nor MQTT on that of WebSockets', async () => {
    await expect(run(testTarget(broker.port, { transport: 'mqtts', insecure: true }))).rejects.toMatchObject({
      code: 'DRIVER_CONNECT',
    });
    await expect(run(testTarget(broker.wsPort))).rejects.toMatchObject({ code: 'DRIVER_CONNECT' });
  });

  test('is told of files that are no certificates before the first connection', async () => {
    const target = testTarget(broker.tlsPort, { transport: 'mqtts' });
    await expect(run({ ...target, ca: '/nowhere/ca.pem' })).rejects.toMatchObject({ code: 'DRIVER_TLS' });
    await expect(
      run({ ...target, cert: import.meta.filename, key: import.meta.filename }),
    ).rejects.toMatchObject({
      code: 'DRIVER_TLS',
    });
  });
});
