/** An external broker's gateway in this process, on a stream that finishes records when the test says so. */
import { steadyClock } from '../../common/clock.js';
import { createCounters } from '../../gateway/counters.js';
import { createIngest } from '../../gateway/ingest.js';
import {
  type ExternalBroker,
  type ExternalBrokerOptions,
  openExternalBroker,
} from '../../gateway/mqtt/external/external-broker.js';
import { externalBrokerSettings } from '../../gateway/mqtt/external/settings.js';
import { createPacer } from '../../gateway/pacer.js';
import { createTopicMap } from '../../gateway/topics.js';
import type { NewRecord } from '../../streams/record.js';
import type { AppendCallback, Stream } from '../../streams/stream.js';

export interface Appended {
  readonly deviceId: string;
  readonly payload: string;
  readonly done: AppendCallback;
}

export interface TestGateway {
  readonly appended: readonly Appended[];
  readonly warnings: readonly string[];
  readonly errors: readonly string[];
  readonly counts: () => Record<string, number>;
  open(): Promise<ExternalBroker>;
}

export function testGateway(
  env: Readonly<Record<string, string>>,
  more: Partial<ExternalBrokerOptions> = {},
  automatic = false,
): TestGateway {
  const appended: Appended[] = [];
  const warnings: string[] = [];
  const errors: string[] = [];
  const stream = {
    append(_: number, { key, value }: NewRecord, done: AppendCallback) {
      appended.push({ deviceId: key, payload: Buffer.from(value).toString(), done });
      if (automatic) setImmediate(() => done(null));
    },
  } as unknown as Stream;
  const counters = createCounters();
  const telemetryTopics = ['devices/{deviceId}/telemetry'];
  const maxPayloadBytes = 1_000;
  return {
    appended,
    warnings,
    errors,
    counts: () => counters.snapshot(),
    open: () =>
      openExternalBroker({
        settings: externalBrokerSettings({ MQTT_CLIENT_ID: 'gateway', ...env })!,
        topics: createTopicMap(telemetryTopics, [], 4),
        telemetryTopics,
        ingest: createIngest(stream, steadyClock(0), createPacer(60_000), counters, maxPayloadBytes),
        counters,
        maxPayloadBytes,
        log: {
          info: () => undefined,
          warn: (_, message) => warnings.push(message),
          error: (_, message) => errors.push(message),
        },
        ...more,
      }),
  };
}
