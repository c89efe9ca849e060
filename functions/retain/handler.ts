/**
 * `retain`: on a schedule, deletes what is older than the settings keep, in short transactions so that the functions
 * that write the same stores hardly notice. What it does not manage in its time, the next run does.
 */
import { lambdaHandler } from '../../adapters/aws/lambda.js';
import type { CreateFunction } from '../contract.js';
import { trimAlerts } from './alerts.js';
import { measurementTrimmer } from './measurements.js';
import { inSteps, STEP } from './steps.js';

export const create: CreateFunction = (platform) => {
  const { stores, settings, log } = platform;
  const { retention } = settings;
  const trimMeasurements = measurementTrimmer(platform);
  return {
    async scheduled({ time }, context) {
      const deleted = {
        quarantine: await inSteps(context, () =>
          stores.validation.trimQuarantine(time - retention.quarantine, STEP),
        ),
        late: await inSteps(context, () => stores.aggregation.trimLate(time - retention.late, STEP)),
        alerts: await trimAlerts(platform, time - retention.alerts, context),
        notifications: await inSteps(context, () => stores.notifications.trim(time - retention.alerts, STEP)),
        operations: await inSteps(context, () => stores.operations.trim(time - retention.alerts, STEP)),
        deliveries: await inSteps(context, () => stores.deliveries.trim(time - retention.alerts, STEP)),
        measurements: await trimMeasurements(time, context),
      };
      if (Object.values(deleted).some((count) => count > 0))
        log.info({ deleted }, 'retention deleted old rows');
    },
  };
};

export const handler = lambdaHandler(create);
