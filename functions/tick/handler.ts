/**
 * `tick`: on a schedule, appends the time as a record to every partition, so that windows close and timers run out on
 * streams that are idle. The time is kept before it is told: after a crash the next tick cannot be an earlier one.
 */
import { join } from 'node:path';
import { lambdaHandler } from '../../adapters/aws/lambda.js';
import { tagNames } from '../../schemas/device-tags.js';
import { loadRules } from '../alert/rules.js';
import type { CreateFunction } from '../contract.js';
import { COUNTS_STREAM } from '../fleet/messages.js';
import { tickTime } from './core.js';

const STREAM = 'telemetry';
const MINUTE = 60_000;

export const create: CreateFunction = (platform) => {
  const { settings, stores } = platform;
  const rules = loadRules(join(settings.root, 'rules'), { tags: tagNames(settings.deviceTags) });
  const isAboutFleets = rules.some(({ fleet }) => fleet !== null);
  const hasCounts = COUNTS_STREAM in settings.streams;
  return {
    async scheduled({ time }) {
      const last = await stores.ticks.lastTick();
      const next = tickTime(last, time);
      if (next > last) await stores.ticks.saveTick(next);
      await platform.appendTick(STREAM, next);
      // Without such rules once a minute: alerts of those that were removed are to be resolved.
      const isNewMinute = Math.floor(next / MINUTE) > Math.floor(last / MINUTE);
      if (isAboutFleets || (hasCounts && isNewMinute)) await platform.appendTick(COUNTS_STREAM, next);
    },
  };
};

export const handler = lambdaHandler(create);
