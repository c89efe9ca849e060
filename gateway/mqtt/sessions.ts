/**
 * What the broker must remember across restarts: retained messages, persistent sessions with their subscriptions and
 * undelivered messages, wills. LevelDB underneath; a write is in the operating system's hands when it resolves, so it
 * survives kill -9.
 *
 * Weakness: after a loss of power the last moments of sessions and retained messages may be missing. Alerts are not:
 * they are in the alerts stream, and their state in the alert store.
 */
import persistenceOf from 'aedes-persistence-level';
import { ClassicLevel } from 'classic-level';
import { MillraceError, messageOf } from '../../common/errors.js';
import type { Counters } from '../counters.js';
import type { TopicMap } from '../topics.js';
import { settleInOrder } from './in-order.js';
import { type RetainedMessage, retainedMessages, retainedMessagesOfAll } from './retained.js';

/** Messages kept for one absent session; what comes beyond is counted and dropped, as brokers do. */
const MAX_QUEUED_PER_SESSION = 100_000;
/** How aedes-persistence-level writes its keys: `subscriptions:{client id, URI-encoded}:{topic filter}`. */
const SUBSCRIPTION_KEY = /^subscriptions:([^:]*):(.*)$/s;

export interface Sessions {
  /** An aedes-persistence implementation. */
  readonly persistence: object;
  /** Whether an absent session waits for telemetry. */
  readonly telemetryWatched: boolean;
  /** Retained messages that match the filter. */
  retained(filter: string): AsyncIterable<RetainedMessage>;
  close(): Promise<void>;
}

interface Subscription {
  readonly clientId: string;
  readonly topic: string;
  readonly qos: number;
}
interface SessionClient {
  readonly id: string;
  readonly clean?: boolean;
}

/** @throws MillraceError SESSIONS_UNUSABLE */
export async function openSessions(
  directory: string,
  topics: TopicMap,
  counters: Counters,
): Promise<Sessions> {
  const database = new ClassicLevel<string, string>(directory);
  try {
    await database.open();
  } catch (error) {
    throw new MillraceError(`cannot open the MQTT sessions in ${directory}: ${messageOf(error)}`, {
      code: 'SESSIONS_UNUSABLE',
      hint: 'Delete that folder to start without retained messages and sessions.',
      cause: error,
    });
  }
  const watching = new Set<string>();
  for await (const key of database.keys({ gte: 'subscriptions:', lt: 'subscriptions;' })) {
    const [, client, topic] = SUBSCRIPTION_KEY.exec(key) ?? [];
    if (client === undefined || topic === undefined) continue;
    if (topics.watchesTelemetry(topic)) watching.add(`${decodeURIComponent(client)}\n${topic}`);
  }
  return {
    persistence: watchSubscriptions(
      narrowReads(orderUpdates(boundQueues(persistenceOf(database), database, counters)), database),
      topics,
      watching,
    ),
    get telemetryWatched() {
      return watching.size > 0;
    },
    retained: (filter) => retainedMessages(database, filter),
    close: () => database.close(),
  };
}

type Persistence = ReturnType<typeof persistenceOf>;

function watchSubscriptions(persistence: Persistence, topics: TopicMap, watching: Set<string>): Persistence {
  const add = persistence.addSubscriptions.bind(persistence);
  const remove = persistence.removeSubscriptions.bind(persistence);
  const clean = persistence.cleanSubscriptions.bind(persistence);
  persistence.addSubscriptions = (client: SessionClient, subscriptions: Subscription[]) => {
    for (const { topic, qos } of subscriptions) {
      if (qos > 0 && topics.watchesTelemetry(topic)) watching.add(`${client.id}\n${topic}`);
    }
    return add(client, subscriptions);
  };
  persistence.removeSubscriptions = (client: SessionClient, removed: string[]) => {
    for (const topic of removed) watching.delete(`${client.id}\n${topic}`);
    return remove(client, removed);
  };
  persistence.cleanSubscriptions = (client: SessionClient) => {
    for (const key of watching) if (key.startsWith(`${client.id}\n`)) watching.delete(key);
    return clean(client);
  };
  return persistence;
}

function narrowReads(persistence: Persistence, database: ClassicLevel<string, string>): Persistence {
  persistence.createRetainedStream = (filter) => retainedMessages(database, filter);
  persistence.createRetainedStreamCombi = (filters) => retainedMessagesOfAll(database, filters);
  return persistence;
}

/** A message is sent when its record has been updated: subscribers get messages in the order of their publishing. */
function orderUpdates(persistence: Persistence): Persistence {
  const update = persistence.outgoingUpdate.bind(persistence);
  const inOrder = settleInOrder();
  persistence.outgoingUpdate = (client: SessionClient, packet: unknown) =>
    inOrder(client.id, update(client, packet));
  return persistence;
}

function boundQueues(
  persistence: Persistence,
  database: ClassicLevel<string, string>,
  counters: Counters,
): Persistence {
  const queued = new Map<string, number>();
  const enqueue = persistence.outgoingEnqueueCombi.bind(persistence);
  const clear = persistence.outgoingClearMessageId.bind(persistence);
  const length = async (clientId: string) => {
    const known = queued.get(clientId);
    if (known !== undefined) return known;
    const prefix = `outgoing:${encodeURIComponent(clientId)}`;
    let count = 0;
    for await (const _ of database.keys({ gte: `${prefix}:`, lt: `${prefix};` })) count++;
    queued.set(clientId, count);
    return count;
  };
  persistence.outgoingEnqueueCombi = async (subscriptions: Subscription[], packet: unknown) => {
    const fitting: Subscription[] = [];
    for (const subscription of subscriptions) {
      const count = await length(subscription.clientId);
      if (count >= MAX_QUEUED_PER_SESSION) {
        counters.increment('session_queue_full');
        continue;
      }
      queued.set(subscription.clientId, count + 1);
      fitting.push(subscription);
    }
    return enqueue(fitting, packet);
  };
  persistence.outgoingClearMessageId = async (client: SessionClient, packet: unknown) => {
    // Nothing is ever stored for a clean session: its acknowledgements need no look at the disk.
    if (client.clean === true) return undefined;
    const cleared = await clear(client, packet);
    const count = queued.get(client.id);
    if (cleared !== undefined && count !== undefined) queued.set(client.id, Math.max(0, count - 1));
    return cleared;
  };
  return persistence;
}
