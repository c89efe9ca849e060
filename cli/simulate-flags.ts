/**
 * The flags of `millrace simulate`, with mosquitto's and emqtt-bench's letters where they mean the same.
 */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Overrides } from '../simulators/run/overrides.js';
import { duration } from './parsers.js';

export interface SimulateFlags {
  readonly host?: string;
  readonly port?: string;
  readonly username?: string;
  readonly password?: string;
  readonly protocolVersion?: string;
  readonly cafile?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly insecure?: true;
  readonly ws?: true;
  readonly keepalive?: string;
  readonly qos?: 0 | 1 | 2;
  readonly topic?: string;
  readonly connections?: number;
  readonly interval?: number;
  readonly connrate: number;
  readonly processes: number;
  readonly closed?: number;
  readonly http?: string;
  readonly config?: string;
  readonly devices?: number;
  readonly rate?: number;
  readonly duration?: number;
  readonly speed?: number;
  readonly seed?: number;
  readonly anyLatency?: true;
  /** False: `--no-oracle`. */
  readonly oracle: boolean;
  readonly transportOnly?: true;
  readonly startBackend?: true;
  readonly settle: number;
  readonly out?: string;
  readonly html?: string;
  readonly compare?: string;
  readonly json?: true;
}

export function simulateFlags(command: Command): Command {
  return command
    .helpOption('--help', 'display help for command')
    .optionsGroup('Where to:')
    .option(
      '-h, --host <host|url>',
      'broker or gateway; mqtt://, mqtts://, ws://, wss://, http://, https:// as well',
    )
    .option('-p, --port <port>', "its port (default: the transport's)")
    .option('-u, --username <name>', 'user name')
    .option('-P, --password <password>', 'password')
    .option('-V, --protocol-version <version>', 'mqttv311 or mqttv5')
    .option('--cafile <file>', 'certificates to trust (PEM); turns TLS on')
    .option('--cert <file>', "the clients' certificate (PEM)")
    .option('--key <file>', "the clients' key (PEM)")
    .option('--insecure', 'take any certificate')
    .option('--ws', 'MQTT over WebSocket')
    .option('-k, --keepalive <s>', 'keep-alive')
    .option(
      '--start-backend',
      'start a backend for the run, and end it afterwards; what a scenario does to it needs this',
    )
    .optionsGroup('What:')
    .option('--devices <n>', 'size of all fleets together', whole(1, 1_000_000))
    .option('--rate <events/s>', 'events a second of all fleets together', positive)
    .addOption(
      new Option('-I, --interval <ms>', 'between two events of a device')
        .argParser(positive)
        .conflicts('rate'),
    )
    .option('--duration <s>', 'how long: seconds, or like 90s or 2m; the scenario is scaled to it', duration)
    .option('--speed <factor>', 'scenario time against the clock', positive)
    .option('--seed <n>', 'the same seed gives the same run', whole(0, Number.MAX_SAFE_INTEGER))
    .addOption(new Option('-q, --qos <qos>', 'quality of service').argParser(qos))
    .option('-t, --topic <topic>', 'topic to publish on, with {deviceId} or %c in it')
    .optionsGroup('How:')
    .option(
      '-c, --connections <n>',
      'devices share so many connections (default: one each)',
      whole(1, 1_000_000),
    )
    .option('-R, --connrate <n>', 'connects a second at the beginning', positive, 500)
    .option(
      '--closed <n>',
      'closed loop: so many unacknowledged per connection (default: open loop)',
      whole(1, 65_535),
    )
    .option('--processes <n>', 'drive from so many processes', whole(1, 256), 1)
    .optionsGroup('Verdict:')
    .option('--http <url>', 'query API of the backend (default: port 8080 of the host)')
    .option(
      '--config <file>',
      "the backend's serverless.yml: its schemas, rules and windows (default: Millrace's own)",
    )
    .addOption(
      new Option('--transport-only', 'judge what the broker hands on, nothing else').conflicts('oracle'),
    )
    .option('--any-latency', 'measure latencies, but hold no threshold against them')
    .option('--no-oracle', 'only make load')
    .option('--settle <s>', 'how long to wait at the end for what is still under way', duration, 40_000)
    .optionsGroup('Output:')
    .option('--json', 'JSON lines (the default when the output is not a terminal)')
    .option('--out <file>', 'where the result is kept (default: .millrace/runs/)')
    .option('--html <file>', 'write the page of the run')
    .option('--compare <file>', 'result of an earlier run to compare with on the page');
}

export function overridesOf(flags: SimulateFlags): Overrides {
  const {
    duration: durationMs,
    devices,
    rate,
    interval: intervalMs,
    seed,
    speed,
    qos,
    topic,
    anyLatency,
  } = flags;
  const given = { durationMs, devices, rate, intervalMs, seed, speed, qos, topic, anyLatency };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) throw new InvalidArgumentError('Must be a number above 0.');
  return value;
}

function qos(text: string): number {
  if (!/^[012]$/.test(text)) throw new InvalidArgumentError('Must be 0, 1 or 2.');
  return Number(text);
}

function whole(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= low && value <= high)) {
      throw new InvalidArgumentError(`Must be a whole number from ${low} to ${high}.`);
    }
    return value;
  };
}
