/**
 * A message for a topic of AWS IoT Core: the webhook document, on a topic made of what the notification is about. AWS IoT
 * takes 128 KiB.
 */
import { topicLevel } from '../../../common/topic-level.js';
import { fillTopic } from '../../dispatch/config/iot-topic.js';
import type { IotTarget } from '../../dispatch/config/types.js';
import type { NotificationDocument } from '../../dispatch/document.js';
import { textWithin } from './within.js';

const MOST_BYTES = 128 * 1024;

export interface IotMessage {
  readonly topic: string;
  readonly payload: string;
}

export function iotMessage(document: NotificationDocument, target: IotTarget): IotMessage {
  const { status, receiver, commonLabels } = document;
  const { severity = '', alertname = '' } = commonLabels;
  const values: Readonly<Record<string, string>> = { status, receiver, severity, alertname };
  return {
    topic: fillTopic(target.topic, (name) => topicLevel(values[name] ?? '')),
    payload: textWithin(document, target.maxAlerts, MOST_BYTES),
  };
}
