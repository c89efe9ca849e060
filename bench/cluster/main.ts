/**
 * `npm run -s build && node dist/bench/cluster/main.js`: what workers make of a backlog in Kafka, one, two and three of
 * them on state in PostgreSQL, and how long alerts take at 2,000 events/s, beside the embedded deployment. Keeps the
 * figures in bench/results/. Needs Mosquitto, and what `test/services/` needs.
 *
 * `BENCH_BACKLOG=1000000` measures catching up instead: so many events lie in Kafka before the workers are started.
 *
 * Everything runs on this one machine: the figures tell what a worker costs, not how far workers scale.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Accounting } from '../../functions/query/accounting.js';
import type { RunResult } from '../../simulators/result.js';
import { openKafkaEngine } from '../../streams/kafka/kafka-engine.js';
import { partitionOf } from '../../streams/partitioner.js';
import { RecordKind } from '../../streams/record.js';
import { cpuSecondsOf } from '../driver/process-stats.js';
import { commit, machine } from '../machine.js';
import { dist } from '../servers.js';
import { type Process, startProcess, startServices } from './services.js';

const run = promisify(execFile);
const EVENTS = Number(process.env.BENCH_EVENTS ?? 200_000);
/** 0: no catching up. */
const BACKLOG = Number(process.env.BENCH_BACKLOG ?? 0);
const DEVICES = 1_000;
/** Between two events of a device, event time. */
const EVENT_MS = 100;
const PARTITIONS = 12;
const WORKERS = [1, 2, 3];
const UNDER_WAY = 10_000;
const LOOK_MS = 100;
const RATE = 2_000;
const SECONDS = 15;

/** A copy of the project's serverless.yml with more partitions; what it refers to is where it was. */
function projectFile(): string {
  const root = dirname(dist);
  const file = join(root, `bench-cluster-${process.pid}.yml`);
  const text = readFileSync(join(root, 'serverless.yml'), 'utf8');
  writeFileSync(file, text.replace(/(Name: telemetry\s+ShardCount: )\d+/, `$1${PARTITIONS}`));
  return file;
}

async function append(brokers: string, events: number): Promise<void> {
  const engine = await openKafkaEngine({ brokers: [brokers], clientId: 'bench' });
  const stream = await engine.open({ name: 'telemetry', partitions: PARTITIONS, retentionMs: 604_800_000 });
  // So that the last ones are of about now.
  const start = Date.now() - Math.max(30_000, (events / DEVICES) * EVENT_MS);
  await new Promise<void>((resolve, reject) => {
    let sent = 0;
    let acknowledged = 0;
    const next = () => {
      const index = sent++;
      const seq = Math.floor(index / DEVICES);
      const key = `bench-${index % DEVICES}`;
      const event = { ts: start + seq * EVENT_MS, seq, temperature: 20.25, humidity: 40, battery: 3.75 };
      const value = Buffer.from(JSON.stringify(event));
      const arrivalTime = Date.now();
      stream.append(
        partitionOf(key, PARTITIONS),
        { kind: RecordKind.acknowledged, arrivalTime, key, value },
        (error) => {
          if (error !== null) reject(error);
          else if (++acknowledged === events) resolve();
          else if (sent < events) next();
        },
      );
    };
    while (sent < Math.min(UNDER_WAY, events)) next();
  });
  await stream.close();
  await engine.close();
}

const perMillionOf = (events: number) => (used: number) => Math.round((used / events) * 1e7) / 10;

/**
 * Resolves when validate, aggregate and alert have finished so many events, with the time at which aggregate was first
 * seen to have finished any (performance.now()).
 */
async function finished(api: Process, events: number): Promise<{ readonly firstAt: number }> {
  let firstAt: number | undefined;
  for (;;) {
    const { total } = (await (await fetch(`${api.http}/accounting`)).json()) as Accounting;
    if (total.aggregated > 0) firstAt ??= performance.now();
    const isDone = Object.values(total.lag).every((lag) => lag === 0);
    if (firstAt !== undefined && total.aggregated >= events && total.validated >= events && isDone)
      return { firstAt };
    await delay(LOOK_MS);
  }
}

/** Workers that are started on a backlog: from their start, and from the first event that is seen to be finished. */
async function catchUp(workers: number, config: string) {
  const services = await startServices();
  try {
    const args = ['--config', config, '--roles'];
    const api = await startProcess([...args, 'api'], services.env);
    await append(services.brokers, BACKLOG);
    const before = services.cpu();
    const began = performance.now();
    const team = await Promise.all(
      Array.from({ length: workers }, () => startProcess([...args, 'functions'], services.env)),
    );
    const { firstAt } = await finished(api, BACKLOG);
    const ended = performance.now();
    const after = services.cpu();
    const perMillion = perMillionOf(BACKLOG);
    // Their start included: they did not run before.
    const used = team.reduce((sum, { pid }) => sum + cpuSecondsOf(pid), 0);
    for (const one of [...team, api]) await one.stop();
    return {
      workers,
      backlog: BACKLOG,
      seconds: Math.round((ended - began) / 100) / 10,
      secondsToTheFirst: Math.round((firstAt - began) / 100) / 10,
      eventsPerSecond: Math.round((BACKLOG / (ended - began)) * 1_000),
      cpuSecondsPerMillion: {
        workers: perMillion(used),
        kafka: perMillion(after.kafka - before.kafka),
        postgres: perMillion(after.postgres - before.postgres),
      },
    };
  } finally {
    await services.stop();
  }
}

/** Workers that are there when the events come: from the first append until everything is finished. */
async function backlog(workers: number, config: string) {
  const services = await startServices();
  try {
    const args = ['--config', config, '--roles'];
    const api = await startProcess([...args, 'api'], services.env);
    const team: Process[] = [];
    for (let i = 0; i < workers; i++) team.push(await startProcess([...args, 'functions'], services.env));
    // Their groups have settled when nobody is asked to join again.
    await delay(5_000);
    const cpu = () => ({
      ...services.cpu(),
      workers: team.reduce((sum, { pid }) => sum + cpuSecondsOf(pid), 0),
    });
    const before = cpu();
    const began = performance.now();
    await append(services.brokers, EVENTS);
    const appended = performance.now();
    await finished(api, EVENTS);
    const seconds = (performance.now() - began) / 1_000;
    const after = cpu();
    const perMillion = perMillionOf(EVENTS);
    for (const one of [...team, api]) await one.stop();
    return {
      workers,
      events: EVENTS,
      eventsPerSecond: Math.round(EVENTS / seconds),
      appendSeconds: Math.round((appended - began) / 100) / 10,
      cpuSecondsPerMillion: {
        workers: perMillion(after.workers - before.workers),
        kafka: perMillion(after.kafka - before.kafka),
        postgres: perMillion(after.postgres - before.postgres),
      },
    };
  } finally {
    await services.stop();
  }
}

async function latencies(name: string, mqttPort: number, http: string) {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-latency-'));
  const out = join(folder, 'result.json');
  const flags = ['-h', '127.0.0.1', '-p', `${mqttPort}`, '--http', http, '--rate', `${RATE}`, '-c', '50'];
  const main = join(dist, 'cli', 'main.js');
  // 99 tells of the demo's thresholds, which are not asked about here; the findings are.
  await run(
    process.execPath,
    [main, 'simulate', 'demo', ...flags, '--duration', `${SECONDS}`, '--out', out],
    {
      maxBuffer: 64 << 20,
    },
  ).catch((error: { code?: unknown }) => {
    if (error.code !== 99) throw error;
  });
  const { latency, drive, verdict } = JSON.parse(readFileSync(out, 'utf8')) as RunResult;
  rmSync(folder, { recursive: true });
  const { acknowledgement, alert } = latency;
  return {
    name,
    rate: RATE,
    seconds: SECONDS,
    sent: drive.sent,
    acknowledgement,
    alert,
    findings: verdict.findings,
  };
}

async function alertLatency(config: string) {
  const embedded = await startProcess([], {});
  const first = await latencies('embedded', embedded.mqttPort, embedded.http);
  await embedded.stop();
  const services = await startServices();
  try {
    const args = ['--config', config, '--roles'];
    const gateway = await startProcess([...args, 'gateway'], { ...services.env, MQTT_SHARED: 'false' });
    const others = await startProcess([...args, 'functions,schedules,api'], services.env);
    const second = await latencies('Mosquitto, Kafka, PostgreSQL', services.mosquitto.port, others.http);
    await gateway.stop();
    await others.stop();
    return [first, second];
  } finally {
    await services.stop();
  }
}

const config = projectFile();
try {
  const load = loadavg()[0]!;
  const measure = async <T>(one: (workers: number, config: string) => Promise<T>) => {
    const found: T[] = [];
    for (const workers of WORKERS) {
      found.push(await one(workers, config));
      process.stderr.write(`${JSON.stringify(found.at(-1))}\n`);
    }
    return found;
  };
  const about = { machine: machine(), commit: commit(), loadAverageBefore: load };
  const result =
    BACKLOG > 0
      ? { ...about, catchUps: await measure(catchUp) }
      : { ...about, backlogs: await measure(backlog), latencies: await alertLatency(config) };
  const text = `${JSON.stringify(result, null, 1)}\n`;
  process.stdout.write(text);
  const folder = join(dirname(dist), 'bench', 'results');
  mkdirSync(folder, { recursive: true });
  const stamp = new Date().toISOString().slice(0, 16).replace(':', '');
  writeFileSync(join(folder, `cluster-${BACKLOG > 0 ? 'backlog-' : ''}${stamp}.json`), text);
} finally {
  rmSync(config);
}
