/** The flags that say where MQTT is and as whom to go there: mosquitto's letters. */
import type { Command } from 'commander';
import type { Target } from '../simulators/drivers/driver.js';
import { parseTarget, type TargetFlags } from '../simulators/drivers/target.js';

export interface MqttFlags
  extends Pick<
    TargetFlags,
    | 'host'
    | 'port'
    | 'username'
    | 'password'
    | 'protocolVersion'
    | 'cafile'
    | 'cert'
    | 'key'
    | 'insecure'
    | 'ws'
    | 'keepalive'
  > {}

/** A command with these has `--help` alone for help: `-h` is the host. */
export function mqttFlags(command: Command): Command {
  return command
    .helpOption('--help', 'display help for command')
    .optionsGroup('Where:')
    .option('-h, --host <host|url>', 'the broker; mqtt://, mqtts://, ws://, wss:// as well')
    .option('-p, --port <port>', "its port (default: the transport's)")
    .option('-u, --username <name>', 'user name')
    .option('-P, --password <password>', 'password')
    .option('-V, --protocol-version <version>', 'mqttv311 or mqttv5 (default: mqttv311)')
    .option('--cafile <file>', 'certificates to trust (PEM); turns TLS on')
    .option('--cert <file>', "the client's certificate (PEM)")
    .option('--key <file>', "the client's key (PEM)")
    .option('--insecure', 'take any certificate')
    .option('--ws', 'MQTT over WebSocket')
    .option('-k, --keepalive <s>', 'keep-alive');
}

/** Throws `TARGET_INVALID`. Without `-h` and `-p` it is where the environment says that Millrace listens. */
export function mqttTarget(flags: MqttFlags, env: NodeJS.ProcessEnv = process.env): Target {
  const host = flags.host ?? env.MILLRACE_HOST ?? '127.0.0.1';
  const isPlain = [flags.cafile, flags.cert, flags.insecure, flags.ws].every((flag) => flag === undefined);
  // The environment's port is one of plain MQTT.
  const fromEnv = isPlain && !host.includes('://') ? env.MILLRACE_MQTT_PORT : undefined;
  const port = flags.port ?? fromEnv;
  return parseTarget({ ...flags, host, ...(port === undefined ? {} : { port }) }).target;
}
