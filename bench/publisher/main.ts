/**
 * `npm run bench:publisher [-- --quick]`: the simulators' driver as a publisher, side by side with other load
 * generators, against a sink and against Mosquitto. Prints tables, keeps the figures in bench/results/.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { messageOf } from '../../common/errors.js';
import { commit, machine } from '../machine.js';
import { dist } from '../servers.js';
import { type Rate, runLoad, runMosquittoPub, runMqttJs } from './generators.js';
import type { LoadResult, LoadTask } from './load.js';
import { type PublisherResult, type Row, textOf } from './report.js';
import { type Publishee, startMosquitto, startSink } from './servers.js';

const CONNECTIONS = 20;
const IDLE_CONNECTIONS = 10_000;
const SCHEDULE_RATE = 10_000;
const SCHEDULE_CONNECTIONS = 100;
/** mosquitto_pub sends a file: its lines, by QoS. */
const LINES = { 0: 300_000, 1: 60_000 } as const;

const quick = process.argv.includes('--quick');
const seconds = quick ? 2 : 5;
const progress = (text: string) => process.stderr.write(`bench: ${text}\n`);

function taskOf(server: Publishee, overrides: Partial<LoadTask>): LoadTask {
  return {
    kind: 'rate',
    port: server.port,
    qos: 0,
    connections: CONNECTIONS,
    seconds,
    rate: 0,
    fromScenario: false,
    ...overrides,
  };
}

/** All generators in turn, so that a machine that gets slower or faster meanwhile hits them all. */
async function ratesAgainst(server: Publishee, qos: 0 | 1): Promise<Row[]> {
  const rows: Row[] = [];
  const measured = async (generator: string, measure: () => Promise<Rate | null>) => {
    progress(`${generator}, QoS ${qos}, against ${server.name}`);
    const before = await server.received();
    const rate = await measure();
    const after = await server.received();
    if (rate === null) return;
    const received = before === null || after === null ? null : after - before;
    rows.push({ generator, server: server.name, qos, ...rate, received });
  };
  const load = async (fromScenario: boolean): Promise<Rate> => {
    const { perSecond, perCpuSecond, cpuSeconds, sent } = await runLoad(
      taskOf(server, { qos, fromScenario }),
    );
    return { perSecond, perCpuSecond, cpuSeconds, sent };
  };
  await measured('Millrace', () => load(false));
  await measured('Millrace, events of a scenario', () => load(true));
  await measured('mosquitto_pub -l', () => runMosquittoPub(server.port, qos, LINES[qos] / (quick ? 3 : 1)));
  await measured('MQTT.js', () => runMqttJs({ port: server.port, qos, connections: CONNECTIONS, seconds }));
  return rows;
}

async function bench(): Promise<PublisherResult> {
  const startedAt = new Date();
  const rows: Row[] = [];
  let schedule: LoadResult;
  let idle: LoadResult;
  const sink = await startSink();
  try {
    for (const qos of [0, 1] as const) rows.push(...(await ratesAgainst(sink, qos)));
    progress(`open loop at ${SCHEDULE_RATE}/s`);
    schedule = await runLoad(
      taskOf(sink, { kind: 'schedule', rate: SCHEDULE_RATE, connections: SCHEDULE_CONNECTIONS }),
    );
    progress(`${IDLE_CONNECTIONS} idle connections`);
    idle = await runLoad(taskOf(sink, { kind: 'idle', connections: IDLE_CONNECTIONS }));
  } finally {
    await sink.stop();
  }
  const mosquitto = await startMosquitto();
  if (mosquitto === null) progress('no mosquitto on this machine: left out');
  else {
    try {
      for (const qos of [0, 1] as const) rows.push(...(await ratesAgainst(mosquitto, qos)));
    } finally {
      await mosquitto.stop();
    }
  }
  return {
    startedAt: startedAt.toISOString(),
    seconds: (Date.now() - startedAt.getTime()) / 1000,
    commit: commit(),
    machine: machine(),
    rows,
    schedule,
    idle,
  };
}

try {
  const result = await bench();
  const folder = join(dirname(dist), 'bench', 'results');
  mkdirSync(folder, { recursive: true });
  const name = `publisher-${result.startedAt.slice(0, 16).replace(':', '')}.json`;
  writeFileSync(join(folder, name), `${JSON.stringify(result, null, 2)}\n`);
  process.stdout.write(`${textOf(result)}\nkept in bench/results/${name}\n`);
} catch (error) {
  process.stderr.write(`bench: ${messageOf(error)}\n`);
  process.exitCode = 1;
}
