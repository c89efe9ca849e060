/**
 * The gateway alone: a client of the broker at MQTT_URL that appends to an embedded log, without functions. Prints
 * `ready`, and its counters on SIGUSR2. Argument: data directory.
 */
import { steadyClock } from '../../common/clock.js';
import { createCounters } from '../../gateway/counters.js';
import { createIngest } from '../../gateway/ingest.js';
import { openExternalBroker } from '../../gateway/mqtt/external/external-broker.js';
import { externalBrokerSettings } from '../../gateway/mqtt/external/settings.js';
import { createPacer } from '../../gateway/pacer.js';
import { createTopicMap } from '../../gateway/topics.js';
import { openEmbeddedStream } from '../../streams/embedded/embedded-stream.js';

const telemetryTopics = ['devices/{deviceId}/telemetry'];
const maxPayloadBytes = 256 * 1024;
const say = (details: object, message: string) => console.error(message, JSON.stringify(details));
const stream = await openEmbeddedStream({
  directory: process.argv[2]!,
  name: 'telemetry',
  partitions: 4,
  settings: { maxBytes: 2 ** 32, hardLimitBytes: 2 ** 33, segmentBytes: 64 << 20 },
  retentionMs: Number.POSITIVE_INFINITY,
});
const counters = createCounters();
const broker = await openExternalBroker({
  settings: externalBrokerSettings(process.env)!,
  topics: createTopicMap(telemetryTopics, [], stream.partitions),
  telemetryTopics,
  ingest: createIngest(stream, steadyClock(0), createPacer(60_000), counters, maxPayloadBytes),
  counters,
  maxPayloadBytes,
  log: { info: () => undefined, warn: say, error: say },
});
process.on('SIGUSR2', () => console.log(JSON.stringify(counters.snapshot())));
process.once('SIGTERM', () => void stop());
console.log('ready');

async function stop(): Promise<void> {
  await broker.stopTaking();
  await broker.close();
  await stream.close();
}
