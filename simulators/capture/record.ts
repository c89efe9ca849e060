/**
 * Records a live topic tree to a file (see format.ts), until a bound is reached, somebody stops it or the file cannot
 * be written. It reconnects by itself and marks the time without connection as a gap.
 *
 * A message is acknowledged once it is in memory, and memory is bounded: when the disk does not keep up, the broker
 * has to wait. What was received is on disk `syncMs` later.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { MqttClient } from 'mqtt';
import { messageOf } from '../../common/errors.js';
import { wallNow } from '../drivers/clock.js';
import type { Target } from '../drivers/driver.js';
import { addressOf, connectTarget } from './connection.js';
import { CAPTURE_FORMAT, CAPTURE_VERSION, type CaptureGap, type CaptureHeader, type Qos } from './format.js';
import { RecordSession } from './session.js';
import { subscribeAll } from './subscribe.js';
import { createCapture } from './writer.js';

/** When there is enough. */
export interface RecordLimits {
  readonly durationMs?: number;
  readonly messages?: number;
  /** Of the file. It is not exceeded; a packed one is, by one piece at most. */
  readonly bytes?: number;
}

export type StopReason = 'signal' | 'duration' | 'count' | 'size';

export interface RecordOptions {
  readonly file: string;
  /** Write over an existing file. */
  readonly force: boolean;
  readonly target: Target;
  readonly filters: readonly string[];
  /** Leave out topics matching these. */
  readonly excluded: readonly string[];
  readonly qos: Qos;
  readonly clientId: string;
  /** Have the broker keep messages of QoS 1 and 2 while there is no connection, and after the end. */
  readonly keepSession: boolean;
  /** Leave out what was retained before the subscription. */
  readonly skipRetained: boolean;
  readonly limits: RecordLimits;
  readonly syncMs: number;
  readonly signal?: AbortSignal;
}

export interface RecordProgress {
  readonly messages: number;
  /** Of the payloads. */
  readonly payloadBytes: number;
  /** Of the file. */
  readonly bytes: number;
  readonly seconds: number;
  readonly gaps: number;
  readonly topic: string;
}

export interface RecordSummary extends Omit<RecordProgress, 'topic'> {
  readonly file: string;
  /** Seconds without connection. */
  readonly gapSeconds: number;
  readonly reason: StopReason;
}

export interface RecordOutput {
  /** The broker has granted all filters. */
  started(header: CaptureHeader, file: string): void;
  connectionLost(reason: string): void;
  gap(gap: CaptureGap): void;
  progress(progress: RecordProgress): void;
  finished(summary: RecordSummary): void;
}

const PROGRESS_MS = 1000;
const GOODBYE_MS = 1000;
/** Long enough for a night's outage. */
const SESSION_SECONDS = 86_400;

/**
 * Throws `MQTT_CONNECT`, `RECORD_REFUSED` (a subscription), `RECORD_EXISTS`, `RECORD_FILE`, `RECORD_NO_ROOM`; once
 * the recording has begun, what is in the file can be replayed whatever is thrown.
 */
export async function record(options: RecordOptions, output: RecordOutput): Promise<RecordSummary> {
  const { target, clientId, keepSession } = options;
  const client = await connectTarget({
    target,
    clientId,
    clean: !keepSession,
    ...(keepSession ? { sessionSeconds: SESSION_SECONDS } : {}),
  });
  // Without a listener an error, a broken packet say, would end the process. What follows it is a 'close'.
  let lastError = 'connection lost';
  client.on('error', (error) => {
    lastError = messageOf(error);
  });
  try {
    const writer = await createCapture(options.file, options.force);
    const session = new RecordSession(options, writer, output, header(options));
    try {
      return await run(options, client, session, () => lastError);
    } finally {
      await writer.close();
    }
  } finally {
    await sayGoodbye(client);
  }
}

function header({ target, filters, excluded, qos }: RecordOptions): CaptureHeader {
  return {
    format: CAPTURE_FORMAT,
    version: CAPTURE_VERSION,
    start: wallNow(),
    broker: addressOf(target),
    protocolVersion: target.protocolVersion,
    filters,
    excluded,
    qos,
  };
}

async function run(
  options: RecordOptions,
  client: MqttClient,
  session: RecordSession,
  lastError: () => string,
): Promise<RecordSummary> {
  const { limits, syncMs, signal } = options;
  client.handleMessage = (packet, done) => session.received(packet, wallNow(), done);
  client.on('packetreceive', (packet) => {
    if (packet.cmd === 'connack') session.greeted(packet.sessionPresent && options.keepSession);
    session.sign(wallNow());
  });
  client.on('close', () => session.lost(lastError()));
  client.on('connect', (packet) => {
    // With `clean` false the broker may still know the subscriptions, and what came in the meantime.
    const kept = packet.sessionPresent && options.keepSession;
    (kept ? Promise.resolve() : subscribeAll(client, options)).then(
      () => session.regained(wallNow()),
      (error: unknown) => {
        // Gone again: the next connect subscribes. A refusal does not go away by itself.
        if (client.connected) session.fail(error);
      },
    );
  });
  const stop = (reason: StopReason) => () => session.stop(reason);
  const timers = [
    setInterval(() => session.sync(), syncMs),
    setInterval(() => session.tell(wallNow()), PROGRESS_MS),
    ...(limits.durationMs === undefined ? [] : [setTimeout(stop('duration'), limits.durationMs)]),
  ];
  const onAbort = stop('signal');
  signal?.addEventListener('abort', onAbort);
  if (signal?.aborted === true) onAbort();
  try {
    session.begin();
    await subscribeAll(client, options);
    session.subscribed();
    const reason = await session.stopped;
    return await session.end(wallNow(), reason);
  } finally {
    for (const timer of timers) clearInterval(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}

/** Disconnects in order, or, when that takes too long, just so. */
async function sayGoodbye(client: MqttClient): Promise<void> {
  const patience = new AbortController();
  await Promise.race([
    client.endAsync().catch(() => undefined), // It is gone, one way or the other.
    delay(GOODBYE_MS, undefined, { signal: patience.signal }).catch(() => undefined),
  ]);
  patience.abort();
  client.stream.destroy();
}
