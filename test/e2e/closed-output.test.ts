/** Nobody reads what the product writes any more: `npm start | head -1`, or a terminal that was closed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { freePorts } from '../support/free-ports.js';
import { poll } from '../support/poll.js';
import { temporaryDirectory } from '../support/product.js';
import { projectRoot } from '../support/project-root.js';
import { readerOf } from '../support/reader.js';

test('the product goes on serving, and stops in order', async () => {
  const [mqttPort, httpPort] = await freePorts(2);
  const child = spawn(process.execPath, [join(projectRoot, 'dist', 'cli', 'main.js'), 'start'], {
    cwd: projectRoot,
    env: {
      ...process.env,
      MILLRACE_DATA_DIR: temporaryDirectory(),
      MILLRACE_MQTT_PORT: String(mqttPort),
      MILLRACE_HTTP_PORT: String(httpPort),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  try {
    // Before the banner: its write is the first to fail.
    child.stdout.destroy();
    child.stderr.destroy();
    const reader = readerOf({ httpUrl: `http://127.0.0.1:${httpPort}` });
    await poll(async () => (await reader.ready()).status === 200, { timeoutMs: 30_000, what: 'readiness' });
    const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${mqttPort}`);
    const event = JSON.stringify({ ts: Date.now(), temperature: 21.5, humidity: 40, battery: 3.7 });
    await client.publishAsync('devices/unheard/telemetry', event, { qos: 1 });
    await client.endAsync();
    await poll(() => reader.json('/devices/unheard'), { what: 'the event' });
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
  } finally {
    child.kill('SIGKILL');
  }
}, 60_000);
