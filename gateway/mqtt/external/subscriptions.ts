/**
 * Subscribes to the telemetry: shared within the group where the broker can (MQTT 5.0, 4.8.2; many brokers do it for
 * MQTT 3.1.1 as well), as an ordinary subscription where it cannot.
 */
import { codeOf } from '../../../common/errors.js';
import type { Connection } from './connection.js';

export interface Subscriptions {
  readonly filters: readonly string[];
  /** Whether other gateways of the group take their share. Otherwise each would get everything. */
  readonly isShared: boolean;
  /** QoS that the broker granted; with 0 it promises nothing. */
  readonly qos: number;
}

/** @param topics telemetry topics with `{deviceId}` */
export function telemetryFilters(topics: readonly string[]): string[] {
  return topics.map((topic) => topic.replace('{deviceId}', '+'));
}

/** Rejects with MQTT_SUBSCRIPTION_REFUSED, or with what ended the connection. */
export async function subscribeAll(
  connection: Connection,
  filters: readonly string[],
  group: string | null,
): Promise<Subscriptions> {
  if (group === null || !connection.hasShared) return subscribe(connection, filters, false);
  try {
    return await subscribe(
      connection,
      filters.map((filter) => `$share/${group}/${filter}`),
      true,
    );
  } catch (error) {
    if (codeOf(error) !== 'MQTT_SUBSCRIPTION_REFUSED') throw error;
    // Before MQTT 5 a refusal has no reason: it may be the right that is missing, then this is refused as well.
    return subscribe(connection, filters, false);
  }
}

async function subscribe(
  connection: Connection,
  filters: readonly string[],
  isShared: boolean,
): Promise<Subscriptions> {
  let qos = 2;
  for (const filter of filters) qos = Math.min(qos, await connection.subscribe(filter));
  return { filters, isShared, qos };
}
