/**
 * `notifications.yml` beside serverless.yml: functions read it themselves, at their cold start; what is wrong with it is
 * told at start, with everything else that is.
 */
import type { Problems } from '../../common/problems.js';
import { readNotifications } from '../../functions/dispatch/config/load.js';
import type { Environment } from './osls.js';

/** @param root folder of serverless.yml @param env what `${env:…}` refers to */
export function checkNotifications(root: string, env: Environment, problems: Problems): void {
  for (const { place, reason } of readNotifications(root, env).problems) problems.addAt(place, reason);
}
