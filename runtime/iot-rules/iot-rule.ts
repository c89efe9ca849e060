/**
 * An IoT rule at work: takes batches of the telemetry stream, as a function's environments do, and queues what its SQL
 * selects as asynchronous invocations, which is how AWS IoT Core invokes a function.
 *
 * It stands behind an event source mapping, in a function's place. Each invocation's id is the record's place in the
 * stream, so a batch that comes again queues nothing twice. Topics are not stored: a record's is rebuilt from its
 * device's id through the first of the gateway's telemetry topics, wherever it was published.
 */
import type { Logger } from 'pino';
import { MillraceError } from '../../common/errors.js';
import type { NewAsynchronousEvent } from '../../stores/asynchronous.js';
import { type Batch, offsetAt } from '../../streams/batch.js';
import { FrameCursor, RecordKind } from '../../streams/record.js';
import { MAX_PAYLOAD_BYTES } from '../asynchronous/asynchronous.js';
import { serializeError } from '../environments/errors.js';
import type { BatchInvocation, BatchOutcome } from '../environments/invocation.js';
import { parseRuleSql, type RuleSql } from './rule-sql.js';
import type { Value } from './values.js';

export interface IotRuleOptions {
  /** Unique name of the rule; part of the invocations' ids. */
  readonly rule: string;
  readonly functionName: string;
  readonly sql: string;
  /** `devices/{deviceId}/telemetry`. */
  readonly telemetryTopic: string;
  /** Resolves when the events are durably queued. */
  readonly enqueue: (events: readonly NewAsynchronousEvent[]) => Promise<void>;
  readonly log: Logger;
}

/** In the place of a `FunctionPool`, for an event source mapping. */
export interface IotRule {
  /** Never rejects. */
  processBatch(invocation: BatchInvocation): Promise<BatchOutcome>;
}

/** @throws MillraceError `IOT_SQL_INVALID` */
export function createIotRule(options: IotRuleOptions): IotRule {
  const sql = parseRuleSql(options.sql);
  return {
    async processBatch({ batch }) {
      const events = select(batch, sql, options);
      try {
        if (events.length > 0) await options.enqueue(events);
      } catch (error) {
        return { kind: 'error', error: serializeError(error) };
      }
      return { kind: 'success' };
    },
  };
}

function select(batch: Batch, sql: RuleSql, options: IotRuleOptions): NewAsynchronousEvent[] {
  const events: NewAsynchronousEvent[] = [];
  const cursor = new FrameCursor(batch.frames);
  for (let index = 0; cursor.next(); index++) {
    if (cursor.kind === RecordKind.tick) continue;
    const offset = offsetAt(batch, index);
    try {
      const payload = payloadOf(cursor, sql, options.telemetryTopic);
      if (payload === undefined) continue;
      const id = `${options.rule}:${batch.stream}/${batch.partition}/${offset}`;
      events.push({ functionName: options.functionName, id, payload });
    } catch (error) {
      // Too large, or nested so deep that the stack does not reach. Trying again would not help, and the event itself
      // stays in the stream.
      options.log.error(
        { rule: options.rule, partition: batch.partition, offset: offset.toString(), err: error },
        'a rule cannot hand an event on',
      );
    }
  }
  return events;
}

/** JSON of what the rule makes of the record under the cursor. */
function payloadOf(cursor: FrameCursor, sql: RuleSql, telemetryTopic: string): Buffer | undefined {
  const message = parse(cursor.value());
  if (message === undefined) return undefined;
  const deviceId = cursor.key();
  const topic = telemetryTopic.replace('{deviceId}', () => deviceId);
  const result = sql.select({ topic, payload: message, time: cursor.arrivalTime, clientId: deviceId });
  if (result === undefined) return undefined;
  const payload = Buffer.from(JSON.stringify(result));
  if (payload.byteLength <= MAX_PAYLOAD_BYTES) return payload;
  throw new MillraceError(`what the rule selects has ${payload.byteLength} bytes`, {
    code: 'PAYLOAD_TOO_LARGE',
    hint: `An asynchronous invocation takes ${MAX_PAYLOAD_BYTES} bytes: select less.`,
  });
}

/**
 * What is no JSON has no attributes to select. (AWS would hand such bytes on to `SELECT *`, in base64; here `validate`
 * has put them into quarantine.)
 */
function parse(value: Buffer): Value {
  try {
    return JSON.parse(value.toString('utf8')) as Value;
  } catch {
    return undefined;
  }
}
