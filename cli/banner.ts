/** What `millrace start` says first: where everything is, and two lines to paste. */
import { relative } from 'node:path';
import type { Deployment } from '../runtime/deployment.js';

export function banner(deployment: Deployment, version: string, colours: boolean): string {
  const bold = (text: string) => (colours ? `\u001b[1m${text}\u001b[22m` : text);
  const dim = (text: string) => (colours ? `\u001b[2m${text}\u001b[22m` : text);
  const { host, mqttPort, mqttUrl, httpPort, dataDir } = deployment;
  const address = host.includes(':') ? `[${host}]` : host;
  const client = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  const broker = mqttUrl === undefined ? undefined : new URL(mqttUrl);
  const where = `-h ${broker?.hostname ?? client} -p ${broker === undefined ? mqttPort : broker.port || 1883}`;
  const here = relative(process.cwd(), dataDir);
  const folder = here !== '' && !here.startsWith('..') ? here : dataDir;
  const event = `{"ts":'$(date +%s000)',"temperature":85,"humidity":40,"battery":3.7}`;
  const lines = [
    '',
    `  ${bold('Millrace')} ${version}`,
    '',
    `  MQTT  ${bold(mqttUrl ?? `mqtt://${address}:${mqttPort}`)}${mqttUrl === undefined ? '' : dim('  as its client')}`,
    `  HTTP  ${bold(`http://${address}:${httpPort}`)}  ${dim(mqttUrl === undefined ? 'status page, API, MQTT over WebSocket' : 'status page, API')}`,
    `  Data  ${bold(folder)}`,
    ...deployment.notices.map((notice) => `  Note  ${notice}`),
    '',
    dim('  Watch alerts:'),
    `    mosquitto_sub ${where} -v -t 'alerts/#'`,
    dim('  Publish an event:'),
    `    mosquitto_pub ${where} -q 1 -t devices/dev-1/telemetry -m '${event}'`,
    '',
    dim('  Ctrl-C drains and stops.'),
    '',
  ];
  return `${lines.join('\n')}\n`;
}
