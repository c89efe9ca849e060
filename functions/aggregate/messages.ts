/**
 * Windows told over MQTT, of definitions that say `publish`: each time a complete window is written, on
 * `windows/{definition}/{key}`, as JSON:
 *
 *     {definition, key, partition, start, end, revision, closed, events, figures: {<metric>: {<figure>: …}}}
 *
 * Who listens replaces what it has of (definition, key, partition, start) when the revision is not lower. A session that
 * became part of another one is told as `{definition, key, partition, start, removed: true}`. A group's windows are those
 * of one partition each: `count`, `sum`, `min` and `max` can be put together, a percentile cannot (the API does that).
 */
import { topicLevel } from '../../common/topic-level.js';
import type { AggregationCommit, WindowKey, WindowRow } from '../../stores/aggregation.js';
import type { MqttMessage } from '../contract.js';
import { figuresOf, stateFiguresOf } from './figures/read.js';
import type { Plan, Plans } from './plan.js';

/** In the commit's order, what is removed first. */
export function messagesOf({ windows, removed }: AggregationCommit, plans: Plans): MqttMessage[] {
  const messages: MqttMessage[] = [];
  for (const key of removed) if (isPublished(key, plans)) messages.push(removal(key));
  for (const row of windows) {
    if (row.revision > 0 && isPublished(row, plans)) messages.push(told(row, plans.named(row.definition)!));
  }
  return messages;
}

function isPublished({ definition }: WindowKey, plans: Plans): boolean {
  return plans.named(definition)?.definition.publish === true;
}

function told(row: WindowRow, { definition: { metrics: wanted } }: Plan): MqttMessage {
  const { definition, key, partition, start, end, revision, closed, events } = row;
  const figures: Record<string, unknown> = Object.create(null);
  const namesOf = (metric: string) => wanted[metric] ?? wanted['*'] ?? [];
  for (const [metric, measured] of Object.entries(row.metrics)) {
    figures[metric] = figuresOf(measured, namesOf(metric));
  }
  for (const [metric, measured] of Object.entries(row.states ?? {})) {
    // A metric may be a number at times and a text at others.
    figures[metric] = { ...(figures[metric] as object), ...stateFiguresOf(measured, namesOf(metric)) };
  }
  return message(row, { definition, key, partition, start, end, revision, closed, events, figures });
}

function removal({ definition, key, partition, start }: WindowKey): MqttMessage {
  const removed = { definition, key, partition, start, removed: true };
  return message(removed, removed);
}

function message({ definition, key }: Pick<WindowKey, 'definition' | 'key'>, document: object): MqttMessage {
  const topic = `windows/${topicLevel(definition)}/${topicLevel(key)}`;
  return { topic, payload: Buffer.from(JSON.stringify(document)), qos: 1, retain: false };
}
