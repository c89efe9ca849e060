// Smoke test of what a newcomer does: `npm start`, then another project's MQTT clients, Ctrl-C, and a second start
// on the same data. Prints a line per check and ends with exit code 1 when one failed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dataDir = mkdtempSync(join(tmpdir(), 'millrace-smoke-'));
const DEADLINE_MS = 60_000;
const running = new Set();
let passed = 0;
let failed = 0;

function run(command, args, options = {}) {
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], ...options });
  running.add(child);
  const process = { child, text: '', ended: once(child, 'close').then(([code]) => code) };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk) => {
      process.text += stripVTControlCharacters(chunk);
    });
  }
  child.once('close', () => running.delete(child));
  return process;
}

/** Asks until the answer is true-ish. A process that should go on but has ended fails at once. */
async function until(what, probe, process) {
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    const answer = await probe();
    if (answer) return answer;
    if (process !== undefined && process.child.exitCode !== null) break;
    if (Date.now() > deadline) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${what} did not come about\n${process?.text ?? ''}`);
}

async function check(name, work) {
  try {
    const result = await work();
    passed++;
    console.log(`  ok      ${name}`);
    return result;
  } catch (error) {
    failed++;
    console.log(`  FAILED  ${name}: ${error.message}`);
    throw error;
  }
}

function assert(condition, message) {
  if (!condition) throw new Error(message);
}

/** `npm start` in a process group of its own, as a terminal has it, so that Ctrl-C can be sent to all of it. */
async function start() {
  const env = {
    ...process.env,
    MILLRACE_DATA_DIR: dataDir,
    MILLRACE_MQTT_PORT: '0',
    MILLRACE_HTTP_PORT: '0',
    MILLRACE_HOST: '127.0.0.1',
  };
  const product = run('npm', ['start'], { env, detached: true });
  const [, port] = await until('the banner', () => /MQTT\s+mqtt:\/\/\S+:(\d+)\s/.exec(product.text), product);
  const [, url] = await until('the banner', () => /HTTP\s+(http:\/\/\S+?)\/?\s/.exec(product.text), product);
  return { ...product, port, url, product };
}

async function controlC({ product }) {
  process.kill(-product.child.pid, 'SIGINT');
  const code = await product.ended;
  assert(code === 0, `exit code ${code}\n${product.text}`);
}

const json = async (url) => {
  const response = await fetch(url);
  assert(response.ok, `${url} answered ${response.status}: ${await response.clone().text()}`);
  return response.json();
};

// Unbuffered, because what it says about its subscription is waited for.
const sub = (port, ...args) =>
  run('stdbuf', [
    '-oL',
    'mosquitto_sub',
    '-d',
    '-h',
    '127.0.0.1',
    '-p',
    port,
    '-C',
    '1',
    '-W',
    '30',
    ...args,
  ]);

async function main() {
  const first = await check('npm start says where MQTT and HTTP are', start);
  await check('mosquitto_sub sees the HighTemperature alert of what mosquitto_pub published', async () => {
    const subscriber = sub(first.port, '-t', 'alerts/#', '-F', '%t %p');
    await until('the subscription', () => subscriber.text.includes('SUBACK'), subscriber);
    const event = JSON.stringify({ ts: Date.now(), temperature: 85, humidity: 40, battery: 3.7 });
    const publisher = run('mosquitto_pub', [
      ...['-h', '127.0.0.1', '-p', first.port, '-q', '1'],
      ...['-t', 'devices/dev-1/telemetry', '-m', event],
    ]);
    assert((await publisher.ended) === 0, publisher.text);
    if ((await subscriber.ended) !== 0) {
      const state = JSON.stringify([
        await json(`${first.url}/accounting`),
        await json(`${first.url}/alerts`),
      ]);
      assert(false, `no alert came\n${subscriber.text}\n${publisher.text}\n${first.product.text}\n${state}`);
    }
    const document = /^alerts\/critical\/dev-1\/HighTemperature (\{.*\})$/m.exec(subscriber.text);
    assert(document !== null, `unexpected alert: ${subscriber.text}`);
    assert(JSON.parse(document[1]).value === 85, `unexpected alert: ${document[1]}`);
  });
  await check('the latest values can be asked for', () =>
    until('the device', () =>
      json(`${first.url}/devices/dev-1`).then(
        () => true,
        () => false,
      ),
    ),
  );
  await check('the demo simulation, shortened, finds everything as it must be', async () => {
    const simulation = run('node', [
      ...['dist/cli/main.js', 'simulate', '-h', '127.0.0.1', '-p', first.port, '--http', first.url],
      ...['--duration', '3', '--any-latency', '--out', join(dataDir, 'run.json')],
    ]);
    assert((await simulation.ended) === 0, simulation.text);
  });
  await check('Ctrl-C drains and ends with exit code 0', () => controlC(first));

  const second = await check('a second start resumes', start);
  await check('what was stored is still there', () => json(`${second.url}/devices/dev-1`));
  await check('a new subscriber sees what is firing', async () => {
    const subscriber = sub(second.port, '-t', 'alert-state/dev-1/HighTemperature', '--retained-only');
    assert((await subscriber.ended) === 0, subscriber.text);
  });
  await check('Ctrl-C again', () => controlC(second));
}

try {
  await main();
} catch (error) {
  if (failed === 0) {
    failed++;
    console.log(`  FAILED  ${error.stack}`);
  }
} finally {
  // The product leads a process group of its own; the clients are just themselves.
  for (const child of running) process.kill(child.spawnargs[0] === 'npm' ? -child.pid : child.pid, 'SIGKILL');
  rmSync(dataDir, { recursive: true, force: true });
  if (process.env.MILLRACE_TEST_TALLY) {
    appendFileSync(process.env.MILLRACE_TEST_TALLY, `${passed} ${failed} 0\n`);
  }
}
process.exit(failed === 0 ? 0 : 1);
