/**
 * `npm run -s build && node dist/bench/external-broker/main.js [--quick]`: events through Mosquitto and a gateway into
 * the embedded log, without functions, beside Mosquitto alone. Prints a table, keeps the figures in bench/results/.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { cpuSecondsOf, rssOf } from '../driver/process-stats.js';
import { commit, machine } from '../machine.js';
import { runLoad } from '../publisher/generators.js';
import { dist } from '../servers.js';

interface Phase {
  readonly name: string;
  /** Events per second; null: as fast as it goes, 20 connections with 100 in flight each. */
  readonly rate: number | null;
  readonly gateways: number;
  /** Mosquitto's max_inflight_messages; 20 is its default. */
  readonly inFlight: number;
}

const quick = process.argv.includes('--quick');
const SECONDS = quick ? 3 : 8;
const PHASES: readonly Phase[] = [
  { name: 'Mosquitto alone, 2,000/s', rate: 2_000, gateways: 0, inFlight: 1_000 },
  { name: 'and a gateway, 2,000/s', rate: 2_000, gateways: 1, inFlight: 1_000 },
  { name: 'Mosquitto alone, 5,000/s', rate: 5_000, gateways: 0, inFlight: 1_000 },
  { name: 'and a gateway, 5,000/s', rate: 5_000, gateways: 1, inFlight: 1_000 },
  { name: 'closed loop, Mosquitto alone', rate: null, gateways: 0, inFlight: 1_000 },
  { name: 'closed loop, and a gateway', rate: null, gateways: 1, inFlight: 1_000 },
  { name: 'the same, 20 in flight', rate: null, gateways: 1, inFlight: 20 },
  { name: 'closed loop, and two gateways', rate: null, gateways: 2, inFlight: 1_000 },
];

async function run(phase: Phase) {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-broker-'));
  const port = 20_000 + (process.pid % 10_000);
  writeFileSync(
    join(folder, 'mosquitto.conf'),
    `allow_anonymous true\nlistener ${port} 127.0.0.1\nmax_queued_messages 0\nmax_inflight_messages ${phase.inFlight}\n` +
      (process.getuid?.() === 0 ? 'user root\n' : ''),
  );
  const mosquitto = spawn('/usr/sbin/mosquitto', ['-c', join(folder, 'mosquitto.conf')], { stdio: 'ignore' });
  await delay(500);
  const gateways: ChildProcess[] = [];
  try {
    for (let i = 0; i < phase.gateways; i++)
      gateways.push(await gatewayAt(port, join(folder, `gateway-${i}`), i));
    const pids = gateways.map(({ pid }) => pid!);
    const cpu = () => pids.reduce((sum, pid) => sum + cpuSecondsOf(pid), 0);
    const before = { broker: cpuSecondsOf(mosquitto.pid!), gateways: cpu() };
    const load = runLoad({
      kind: phase.rate === null ? 'rate' : 'schedule',
      port,
      qos: 1,
      connections: phase.rate === null ? 20 : 200,
      seconds: SECONDS,
      rate: phase.rate ?? 0,
      fromScenario: false,
    });
    const stored = async () => {
      const counts = await Promise.all(gateways.map(countersOf));
      return counts.reduce((sum, { accepted = 0 }) => sum + accepted, 0);
    };
    const samples: { at: number; count: number }[] = [];
    let isRunning = true;
    const sampling = (async () => {
      while (isRunning && phase.gateways > 0) {
        samples.push({ at: performance.now(), count: await stored() });
        await delay(250);
      }
    })();
    const { sent, perSecond } = await load;
    isRunning = false;
    await sampling;
    const atEnd = phase.gateways === 0 ? 0 : await stored();
    const deadline = performance.now() + 60_000;
    let total = atEnd;
    // The driver's last publishes may have been sent and not acknowledged: a few more or less are no matter.
    while (phase.gateways > 0 && total < sent - 2_500 && performance.now() < deadline) {
      await delay(20);
      total = await stored();
    }
    return {
      phase,
      publishedPerSecond: Math.round(perSecond),
      sent,
      stored: total,
      storedPerSecond: phase.gateways === 0 ? null : rateOf(samples),
      /** Published and not stored when the driver ended. */
      behind: phase.gateways === 0 ? null : Math.max(0, sent - atEnd),
      brokerCpuPerMillion: ((cpuSecondsOf(mosquitto.pid!) - before.broker) / sent) * 1e6,
      gatewayCpuPerMillion: phase.gateways === 0 ? null : ((cpu() - before.gateways) / total) * 1e6,
      gatewayRssBytes: pids.map(rssOf),
    };
  } finally {
    for (const child of [...gateways, mosquitto]) {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    }
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Per second over the half of the run that lies in its middle. */
function rateOf(samples: readonly { readonly at: number; readonly count: number }[]): number {
  const busy = samples.filter(({ count }, i) => count > 0 && count < (samples.at(-1)?.count ?? 0) && i > 0);
  const from = busy[Math.floor(busy.length / 4)];
  const to = busy[Math.floor((busy.length * 3) / 4)];
  if (from === undefined || to === undefined || to.at === from.at) return 0;
  return Math.round(((to.count - from.count) * 1000) / (to.at - from.at));
}

async function gatewayAt(port: number, directory: string, number: number): Promise<ChildProcess> {
  mkdirSync(directory);
  const child = spawn(process.execPath, [join(dist, 'bench/external-broker/gateway.js'), directory], {
    env: { ...process.env, MQTT_URL: `mqtt://127.0.0.1:${port}`, MQTT_CLIENT_ID: `gateway-${number}` },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout!, 'data');
  return child;
}

async function countersOf(child: ChildProcess): Promise<Record<string, number>> {
  const line = once(child.stdout!, 'data');
  child.kill('SIGUSR2');
  return JSON.parse(String((await line)[0]));
}

const results = [];
for (const phase of PHASES) {
  process.stderr.write(`bench: ${phase.name}\n`);
  results.push(await run(phase));
}
console.table(
  results.map((result) => ({
    phase: result.phase.name,
    'published/s': result.publishedPerSecond,
    'stored/s': result.storedPerSecond,
    behind: result.behind,
    'broker CPU-s/M': result.brokerCpuPerMillion.toFixed(1),
    'gateway CPU-s/M': result.gatewayCpuPerMillion?.toFixed(1),
    'gateway MB': result.gatewayRssBytes.map((bytes) => Math.round(bytes / 1e6)).join(' + '),
  })),
);
const time = new Date().toISOString().slice(0, 16).replace(':', '');
const file = join(dirname(dist), 'bench', 'results', `external-broker-${time}.json`);
writeFileSync(file, `${JSON.stringify({ commit: commit(), machine: machine(), results }, null, 2)}\n`);
process.stderr.write(`bench: ${file}\n`);
