/**
 * `tick`: on a schedule, appends the time as a record to every partition, so that windows close and timers run out on
 * streams that are idle. The time is kept before it is told: after a crash the next tick cannot be an earlier one.
 */
import { lambdaHandler } from '../../adapters/aws/lambda.js';
import type { CreateFunction } from '../contract.js';
import { tickTime } from './core.js';

const STREAM = 'telemetry';

export const create: CreateFunction = (platform) => ({
  async scheduled({ time }) {
    const { ticks } = platform.stores;
    const last = await ticks.lastTick();
    const next = tickTime(last, time);
    if (next > last) await ticks.saveTick(next);
    await platform.appendTick(STREAM, next);
  },
});

export const handler = lambdaHandler(create);
