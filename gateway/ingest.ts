/**
 * The one way into the telemetry stream, whatever protocol an event came by: checks what can be checked without
 * looking inside, stamps the arrival time, appends, and calls back when the record is durable. Rule 1 lives here:
 * whoever acknowledges, acknowledges from that callback.
 */
import type { Clock } from '../common/clock.js';
import { MillraceError } from '../common/errors.js';
import { RecordKind } from '../streams/record.js';
import type { AppendCallback, Stream } from '../streams/stream.js';
import type { Counters } from './counters.js';
import type { Pacer } from './pacer.js';
import type { TelemetryRoute } from './topics.js';

export interface Ingest {
  /** Why the payload would be refused, or null. */
  refusal(payload: Uint8Array): MillraceError | null;
  /**
   * Appends one event; the payload is copied before this returns. `promised` says whether the publisher is told
   * when it is durable (QoS 1, 2, HTTP) or not (QoS 0). Call `refusal` first.
   */
  accept(route: TelemetryRoute, payload: Uint8Array, promised: boolean, done: AppendCallback): void;
  /** From now on nothing is stored and nothing acknowledged: publishers keep what they have for the next start. */
  stop(): void;
}

export function createIngest(
  stream: Stream,
  clock: Clock,
  pacer: Pacer,
  counters: Counters,
  maxPayloadBytes: number,
): Ingest {
  // Reused for every event: `append` copies before it returns.
  const record = {
    kind: RecordKind.acknowledged as RecordKind,
    arrivalTime: 0,
    key: '',
    value: new Uint8Array() as Uint8Array,
  };
  let stopped = false;
  return {
    stop() {
      stopped = true;
    },
    refusal(payload) {
      if (payload.byteLength === 0) return empty;
      return payload.byteLength > maxPayloadBytes ? tooLarge(maxPayloadBytes) : null;
    },
    accept(route, payload, promised, done) {
      if (stopped) return;
      record.kind = promised ? RecordKind.acknowledged : RecordKind.received;
      record.arrivalTime = clock.now();
      record.key = route.deviceId;
      record.value = payload;
      counters.increment(promised ? 'accepted' : 'received');
      stream.append(route.partition, record, pacer.pace(done));
    },
  };
}

const empty = new MillraceError('the payload is empty', {
  code: 'PAYLOAD_EMPTY',
  hint: 'Publish a JSON object with ts and the metrics of the device type.',
});

function tooLarge(limit: number): MillraceError {
  return new MillraceError(`the payload is larger than ${limit} bytes`, {
    code: 'PAYLOAD_TOO_LARGE',
    hint: 'Send fewer metrics per event, or raise custom.millrace.gateway.maxPayloadBytes.',
  });
}
