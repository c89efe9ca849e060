/**
 * A process to be killed: queues numbered events as fast as it can and runs them. Prints what has happened, one a line:
 * `queued N` when an event was durable, `ran N` when the function succeeded, `reported N` when the destination has it
 * (every fifth event fails). Arguments: path of the queue, first number or `drain`: then nothing is queued, and the
 * process ends when the queue is empty.
 */
import { writeSync } from 'node:fs';
import pino from 'pino';
import { monotonicTimers } from '../../common/clock.js';
import { createAsynchronous } from '../../runtime/asynchronous/asynchronous.js';
import { openAsynchronousStore } from '../../stores/sqlite/asynchronous.js';

const [path = '', first = '0'] = process.argv.slice(2);
const QUEUED_AT_A_TIME = 10;
/** Synchronous: what the pipe has taken outlives the process. */
const say = (what: string, number: number) => writeSync(1, `${what} ${number}\n`);

const store = openAsynchronousStore(path);
const asynchronous = createAsynchronous({
  functions: [
    {
      name: 'fn',
      arn: 'arn:aws:lambda:us-east-1:000000000000:function:fn',
      asynchronous: { maximumRetryAttempts: 0, maximumEventAgeMs: 6 * 3_600_000, onFailure: 'failed' },
    },
  ],
  pool: () => ({
    invoke: async ({ payload }) => {
      const number = Number(Buffer.from(payload).toString());
      await new Promise((resolve) => setTimeout(resolve, number % 3));
      const answer = { requestId: 'r', report: '' };
      if (number % 5 === 0) {
        const error = {
          name: 'Error',
          message: 'no',
          stack: '',
          code: undefined,
          canRetry: false,
          hint: undefined,
        };
        return { ...answer, kind: 'error', error };
      }
      say('ran', number);
      return { ...answer, kind: 'success', payload: Buffer.from('null') };
    },
  }),
  destinations: new Map([
    [
      'failed',
      {
        name: 'failed',
        arn: 'arn:aws:sqs:us-east-1:000000000000:failed',
        wantsPayload: false,
        send: async (document) => {
          say('reported', (document as { requestPayload: number }).requestPayload);
        },
      },
    ],
  ]),
  store,
  timers: monotonicTimers,
  time: Date.now,
  log: pino({ level: 'silent' }),
});
asynchronous.start();

if (first === 'drain') {
  const look = setInterval(() => {
    const { waiting, reports } = asynchronous.counts('fn');
    if (waiting + reports > 0) return;
    clearInterval(look);
    asynchronous.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  }, 10);
} else {
  for (let next = Number(first); ; next += QUEUED_AT_A_TIME) {
    const numbers = Array.from({ length: QUEUED_AT_A_TIME }, (_, index) => next + index);
    await asynchronous.enqueue(
      numbers.map((number) => ({
        functionName: 'fn',
        id: String(number),
        payload: Buffer.from(String(number)),
      })),
    );
    for (const number of numbers) say('queued', number);
  }
}
