/** The webhook document for services that take so many bytes and no more: of what is longer the last alerts are left out. */
import type { NotificationDocument } from '../../dispatch/document.js';
import { webhookDocument } from './webhook.js';

/** @param maxAlerts 0: all @returns JSON; at least one alert is in it, whatever its length */
export function textWithin(document: NotificationDocument, maxAlerts: number, mostBytes: number): string {
  let most = maxAlerts > 0 ? Math.min(maxAlerts, document.alerts.length) : document.alerts.length;
  for (;;) {
    const text = JSON.stringify(webhookDocument(document, most));
    if (Buffer.byteLength(text) <= mostBytes || most <= 1) return text;
    most = Math.floor(most / 2);
  }
}
