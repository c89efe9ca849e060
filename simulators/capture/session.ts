/**
 * One recording under way: what comes in becomes lines, counted and bounded. Times are arguments; it knows neither
 * the connection nor the clock.
 */
import type { IPublishPacket } from 'mqtt';
import { matches } from '../../gateway/topics.js';
import {
  type CapturedMessage,
  type CaptureHeader,
  lineOf,
  type MessageProperties,
  type Qos,
} from './format.js';
import { GapWatch } from './gap.js';
import type { RecordOptions, RecordOutput, RecordProgress, RecordSummary, StopReason } from './record.js';
import type { CaptureWriter } from './writer.js';

/** Left free for the last line. */
const END_BYTES = 120;

type SessionOptions = Pick<RecordOptions, 'file' | 'excluded' | 'skipRetained' | 'limits'>;

export class RecordSession {
  /** Why it is to end. Rejects when the file cannot be written, or after `fail`. */
  readonly stopped: Promise<StopReason>;
  /** Ends it, unless it has ended. */
  readonly stop: (reason: StopReason) => void;
  /** Ends it with an error, unless it has ended. */
  readonly fail: (error: unknown) => void;
  readonly #options: SessionOptions;
  readonly #writer: CaptureWriter;
  readonly #output: RecordOutput;
  readonly #header: CaptureHeader;
  readonly #gap: GapWatch;
  #isOver = false;
  #isKept = false;
  #messages = 0;
  #payloadBytes = 0;
  #gaps = 0;
  #gapMs = 0;
  #topic = '';

  constructor(options: SessionOptions, writer: CaptureWriter, output: RecordOutput, header: CaptureHeader) {
    this.#options = options;
    this.#writer = writer;
    this.#output = output;
    this.#header = header;
    this.#gap = new GapWatch(header.start);
    let resolve: (reason: StopReason) => void;
    let reject: (error: unknown) => void;
    this.stopped = new Promise((res, rej) => {
      resolve = res;
      reject = rej;
    });
    // It may fail before anybody waits for it.
    this.stopped.catch(() => undefined);
    this.stop = (reason) => {
      this.#isOver = true;
      resolve(reason);
    };
    this.fail = (error) => {
      this.#isOver = true;
      reject(error);
    };
  }

  /** Before anything is received. */
  begin(): void {
    this.#writer.add(lineOf({ kind: 'header', header: this.#header }));
  }

  /** From now on nothing is missing. */
  subscribed(): void {
    this.#output.started(this.#header, this.#options.file);
  }

  /** @param done lets the next message come; what comes after the end is not acknowledged */
  received(packet: IPublishPacket, now: number, done: () => void): void {
    if (this.#isOver) return;
    // A broker may send before it has answered the subscription, and what it kept right after its greeting.
    this.#closeGap(now, this.#isKept);
    if (this.#wants(packet)) this.#keep(packet, now);
    if (!this.#writer.isBehind) done();
    else this.#writer.flush().then(done, this.fail);
  }

  /** The broker is there. */
  sign(now: number): void {
    this.#gap.sign(now);
  }

  /** @param isKept the broker kept what came meanwhile */
  greeted(isKept: boolean): void {
    this.#isKept = isKept;
  }

  lost(reason: string): void {
    if (!this.#isOver && this.#gap.begin(reason)) this.#output.connectionLost(reason);
  }

  /** Subscribed again, or still. */
  regained(now: number): void {
    if (!this.#isOver) this.#closeGap(now, this.#isKept);
  }

  sync(): void {
    this.#writer.sync().catch(this.fail);
  }

  tell(now: number): void {
    this.#output.progress({ ...this.#progress(now), topic: this.#topic });
  }

  /** The last line, and everything on disk. */
  async end(now: number, reason: StopReason): Promise<RecordSummary> {
    this.#closeGap(now, false);
    this.#writer.add(lineOf({ kind: 'end', end: { at: now, messages: this.#messages, reason } }));
    await this.#writer.sync();
    this.tell(now);
    const summary: RecordSummary = {
      file: this.#options.file,
      ...this.#progress(now),
      gapSeconds: this.#gapMs / 1000,
      reason,
    };
    this.#output.finished(summary);
    return summary;
  }

  #wants({ topic, retain }: IPublishPacket): boolean {
    // With MQTT 5 the flag says how it was published, not that it is old; there the broker is asked to send none.
    if (this.#options.skipRetained && retain && this.#header.protocolVersion === 4) return false;
    return !this.#options.excluded.some((filter) => matches(filter, topic));
  }

  #keep(packet: IPublishPacket, at: number): void {
    const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
    const properties = propertiesOf(packet);
    const message: CapturedMessage = {
      at,
      topic: packet.topic,
      qos: packet.qos as Qos,
      retain: packet.retain,
      payload,
      ...(properties === undefined ? {} : { properties }),
    };
    const line = lineOf({ kind: 'message', message });
    const { limits } = this.#options;
    if (limits.bytes !== undefined && !this.#writer.fits(line, limits.bytes - END_BYTES)) {
      this.stop('size');
      return;
    }
    this.#writer.add(line);
    this.#messages++;
    this.#payloadBytes += payload.length;
    this.#topic = packet.topic;
    if (limits.messages !== undefined && this.#messages >= limits.messages) this.stop('count');
  }

  #closeGap(now: number, kept: boolean): void {
    const gap = this.#gap.end(now, kept);
    if (gap === null) return;
    this.#gaps++;
    this.#gapMs += gap.to - gap.from;
    this.#writer.add(lineOf({ kind: 'gap', gap }));
    this.#output.gap(gap);
  }

  #progress(now: number): Omit<RecordProgress, 'topic'> {
    return {
      messages: this.#messages,
      payloadBytes: this.#payloadBytes,
      bytes: this.#writer.size,
      seconds: (now - this.#header.start) / 1000,
      gaps: this.#gaps,
    };
  }
}

function propertiesOf({ properties }: IPublishPacket): MessageProperties | undefined {
  if (properties === undefined) return undefined;
  const { topicAlias: _alias, subscriptionIdentifier: _id, ...rest } = properties;
  const told = Object.entries(rest).filter(([, value]) => value !== undefined);
  return told.length === 0 ? undefined : (Object.fromEntries(told) as MessageProperties);
}
