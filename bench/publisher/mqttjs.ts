/**
 * The same load by MQTT.js, the client that most load generators for Node are made of:
 * `node dist/bench/publisher/mqttjs.js '{"port":1883,"qos":0,"connections":20,"seconds":3}'`.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { connectAsync, type MqttClient } from 'mqtt';
import { PAYLOAD, topicOf } from './plans.js';

interface Task {
  readonly port: number;
  readonly qos: 0 | 1;
  readonly connections: number;
  readonly seconds: number;
}

const WARM_UP_MS = 1_500;
const IN_FLIGHT = 100;

const task = JSON.parse(process.argv[2]!) as Task;
let sent = 0;
let finished = 0;
let ends = false;

/** Keeps so many publishes of a connection without their callback (the write, or the PUBACK). */
function keepGoing(client: MqttClient, topic: string): void {
  let open = 0;
  let isScheduled = false;
  const fillSoon = () => {
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(fill);
  };
  const fill = () => {
    isScheduled = false;
    // Callbacks of QoS 0 come before `publish` returns: a round has an end all the same.
    for (let room = ends ? 0 : IN_FLIGHT - open; room > 0; room--) {
      open++;
      sent++;
      client.publish(topic, PAYLOAD, { qos: task.qos }, (error) => {
        open--;
        if (!error) finished++;
        fillSoon();
      });
    }
  };
  fill();
}

const clients = await Promise.all(
  Array.from({ length: task.connections }, (_, index) =>
    connectAsync(`mqtt://127.0.0.1:${task.port}`, { clientId: `mqttjs-${process.pid}-${index}` }),
  ),
);
for (const [index, client] of clients.entries()) keepGoing(client, topicOf(index));
await delay(WARM_UP_MS);
const before = finished;
const cpuBefore = process.cpuUsage();
const from = performance.now();
await delay(task.seconds * 1000);
const seconds = (performance.now() - from) / 1000;
const cpu = process.cpuUsage(cpuBefore);
const count = finished - before;
ends = true;
await Promise.all(clients.map((client) => client.endAsync()));
const cpuSeconds = (cpu.user + cpu.system) / 1e6;
process.stdout.write(
  `${JSON.stringify({ perSecond: count / seconds, perCpuSecond: count / cpuSeconds, cpuSeconds, sent })}\n`,
);
process.exit();
