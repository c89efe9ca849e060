/** Everything about one alert: its state, what operators did about it, and who was told of it. */
import type { Alert } from '../../stores/alerts.js';
import type { Stores } from '../../stores/stores.js';
import { testOf } from '../dispatch/config/matchers.js';
import { labelsOf } from '../dispatch/labels.js';
import { silenceView } from './actViews.js';
import { alertViews, commentView } from './alertViews.js';
import { deliveryWithLog } from './deliveryViews.js';

/** Deliveries that are shown, the newest. */
const DELIVERIES = 20;

/** @param time epoch ms: silences that hold then or later */
export async function alertDetail(
  alert: Alert,
  { operations, deliveries }: Pick<Stores, 'operations' | 'deliveries'>,
  time: number,
) {
  const { fingerprint } = alert;
  const [[view], comments, silences, told] = await Promise.all([
    alertViews([alert], operations, time),
    operations.comments(fingerprint),
    operations.silences(time),
    deliveries.deliveries({ fingerprint }, { limit: DELIVERIES, cursor: null }),
  ]);
  const labels = labelsOf(alert);
  return {
    ...view!,
    comments: comments.map(commentView),
    silences: silences
      .filter(({ matchers }) => testOf(matchers)(labels))
      .map((silence) => silenceView(silence, time)),
    deliveries: await Promise.all(
      told.items.map(async (delivery) => deliveryWithLog(delivery, await deliveries.attempts(delivery.id))),
    ),
  };
}
