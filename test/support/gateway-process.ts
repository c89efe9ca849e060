/**
 * A gateway to be killed: a client of the broker at MQTT_URL that stores what it gets in an embedded log. Prints `ready`
 * when it is connected, `stored ID` when it has stored something of a device whose id begins with `sentinel`, and its
 * counters on SIGUSR2 and at the end; SIGTERM stops it cleanly. Arguments: data directory, partitions.
 */
import { monotonicTimers, steadyClock } from '../../common/clock.js';
import { createCounters } from '../../gateway/counters.js';
import { createIngest } from '../../gateway/ingest.js';
import { openExternalBroker } from '../../gateway/mqtt/external/external-broker.js';
import { externalBrokerSettings } from '../../gateway/mqtt/external/settings.js';
import { createPacer } from '../../gateway/pacer.js';
import { createTopicMap } from '../../gateway/topics.js';
import { openEmbeddedStream } from '../../streams/embedded/embedded-stream.js';

const [directory = '', partitions = '3'] = process.argv.slice(2);
const say = (details: object, message: string) => console.error(message, JSON.stringify(details));
const log = { info: say, warn: say, error: say };
const telemetryTopics = ['devices/{deviceId}/telemetry'];
const maxPayloadBytes = 256 * 1024;

const stream = await openEmbeddedStream({
  directory,
  name: 'telemetry',
  partitions: Number(partitions),
  settings: { maxBytes: 2 ** 32, hardLimitBytes: 2 ** 33, segmentBytes: 64 << 20 },
  retentionMs: Number.POSITIVE_INFINITY,
  log,
});
const counters = createCounters();
const pacer = createPacer(60_000);
const clock = steadyClock(stream.lastArrivalTime());
const ingest = createIngest(stream, clock, pacer, counters, maxPayloadBytes);
const broker = await openExternalBroker({
  settings: externalBrokerSettings(process.env)!,
  topics: createTopicMap(telemetryTopics, [], stream.partitions),
  telemetryTopics,
  ingest: {
    ...ingest,
    accept(route, payload, promised, done) {
      const { deviceId } = route;
      const told = (error: Error | null) => {
        if (error === null) console.log(`stored ${deviceId}`);
        done(error);
      };
      ingest.accept(route, payload, promised, deviceId.startsWith('sentinel') ? told : done);
    },
  },
  counters,
  maxPayloadBytes,
  log,
});
console.log('ready');

process.once('SIGTERM', () => void stop());
process.on('SIGUSR2', () => {
  const { user, system } = process.cpuUsage();
  console.log(JSON.stringify({ ...counters.snapshot(), cpuSeconds: (user + system) / 1e6 }));
});

async function stop(): Promise<void> {
  const since = monotonicTimers.now();
  await broker.stopTaking();
  await broker.close();
  await stream.close();
  console.log(JSON.stringify({ ...counters.snapshot(), stopMs: Math.round(monotonicTimers.now() - since) }));
  process.exit(0);
}
