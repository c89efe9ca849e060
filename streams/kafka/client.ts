/**
 * Connections to the brokers, and what is known about the cluster: who leads which partition, who coordinates which
 * group. A broker answers the requests of one connection one after the other, so whoever lets it wait (a fetch, a
 * join) has connections of its own: connections are kept by purpose and broker.
 */
import { isIP } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type API,
  Connection,
  type ConnectionOptions,
  findCoordinatorV4,
  metadataV12,
} from '@platformatic/kafka';
import { MillraceError } from '../../common/errors.js';
import { isFatal, kafkaCodeOf, kafkaError } from './errors.js';
import type { KafkaAddress } from './options.js';

export interface Node {
  readonly host: string;
  readonly port: number;
}

export interface TopicInfo {
  /** Node id of each partition's leader; below 0: there is none at the moment. */
  readonly leaders: readonly number[];
  /** The fewest replicas that a partition has. */
  readonly replicas: number;
}

const CONNECT_TIMEOUT_MS = 5_000;
const RETRY_MS = { first: 50, most: 1_000 };
const GROUP_KEY = 0;
const UNKNOWN_TOPIC = 3;

export class KafkaClient {
  readonly #bootstrap: readonly Node[];
  readonly #clientId: string;
  readonly #options: ConnectionOptions;
  readonly #connections = new Map<string, Promise<Connection>>();
  readonly #topics = new Map<string, TopicInfo>();
  readonly #refreshing = new Map<string, Promise<TopicInfo | undefined>>();
  readonly #coordinators = new Map<string, Node>();
  #nodes = new Map<number, Node>();
  #isClosed = false;

  readonly #joinTimeoutMs: number;

  /** @param joinTimeoutMs a group answers a join only when all its members have come */
  constructor(address: KafkaAddress, requestTimeoutMs: number, joinTimeoutMs: number) {
    this.#joinTimeoutMs = joinTimeoutMs;
    this.#bootstrap = address.brokers.map(nodeOf);
    this.#clientId = address.clientId;
    this.#options = {
      connectTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: requestTimeoutMs,
      maxInflights: 100,
      ...(address.sasl === undefined ? {} : { sasl: address.sasl }),
      ...(address.tls === undefined ? {} : { tls: address.tls }),
    };
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** An open connection, made where there is none. Rejects with the client library's error. */
  connection(purpose: string, node: Node): Promise<Connection> {
    if (this.#isClosed) return Promise.reject(closed());
    const key = `${purpose}@${nodeKey(node)}`;
    const found = this.#connections.get(key);
    if (found !== undefined) return found;
    const options = purpose.startsWith('join ')
      ? { ...this.#options, requestTimeout: this.#joinTimeoutMs }
      : this.#options;
    const opening = this.#open(node, options, () => {
      if (this.#connections.get(key) === opening) this.#connections.delete(key);
    });
    this.#connections.set(key, opening);
    return opening;
  }

  async #open(node: Node, options: ConnectionOptions, forget: () => void): Promise<Connection> {
    // A server name for brokers that share an address; TLS knows none that is an address itself.
    const tlsServerName = options.tls !== undefined && isIP(node.host) === 0;
    const connection = new Connection(this.#clientId, { ...options, tlsServerName });
    // Whoever waits for an answer is told by its request; nobody else needs to know.
    connection.on('error', forget);
    connection.on('close', forget);
    try {
      await connection.connect(node.host, node.port);
      return connection;
    } catch (error) {
      forget();
      throw error;
    }
  }

  /** Rejects when no broker lets this client in within so long (ms). A refused login is not tried again. */
  async reach(withinMs: number): Promise<void> {
    await this.retrying('cannot reach Kafka', withinMs, () =>
      this.requestAny(metadataV12.api, [], false, false),
    );
  }

  /** A request to one node. One that got no answer takes its connection with it: nobody knows what state it is in. */
  async request<A extends unknown[], R>(purpose: string, node: Node, api: API<A, R>, ...args: A): Promise<R> {
    const connection = await this.connection(purpose, node);
    try {
      return await api.async(connection, ...args);
    } catch (error) {
      if (kafkaCodeOf(error) === undefined) {
        this.#connections.delete(`${purpose}@${nodeKey(node)}`);
        connection.close(() => undefined);
      }
      throw error;
    }
  }

  /** A request that any broker can answer: the first that does. */
  async requestAny<A extends unknown[], R>(api: API<A, R>, ...args: A): Promise<R> {
    let failure: unknown;
    for (const node of [...this.#nodes.values(), ...this.#bootstrap]) {
      try {
        return await this.request('any', node, api, ...args);
      } catch (error) {
        if (kafkaCodeOf(error) !== undefined || isFatal(error)) throw error;
        failure = error;
      }
    }
    throw failure;
  }

  /** Undefined: there is no such topic. Callers that come while the answer is under way share it. */
  refresh(topic: string): Promise<TopicInfo | undefined> {
    const running = this.#refreshing.get(topic);
    if (running !== undefined) return running;
    const refreshing = this.#refresh(topic).finally(() => this.#refreshing.delete(topic));
    this.#refreshing.set(topic, refreshing);
    return refreshing;
  }

  async #refresh(topic: string): Promise<TopicInfo | undefined> {
    try {
      const { brokers, topics } = await this.requestAny(metadataV12.api, [topic], false, false);
      if (brokers.length > 0) {
        this.#nodes = new Map(brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]));
      }
      const partitions = [...(topics[0]?.partitions ?? [])].sort(
        (a, b) => a.partitionIndex - b.partitionIndex,
      );
      const info = {
        leaders: partitions.map(({ leaderId }) => leaderId),
        replicas: Math.min(...partitions.map(({ replicaNodes }) => replicaNodes.length)),
      };
      this.#topics.set(topic, info);
      return info;
    } catch (error) {
      if (kafkaCodeOf(error) !== UNKNOWN_TOPIC) throw error;
      return undefined;
    }
  }

  /** Who leads the partition as far as is known here; undefined: refresh. */
  leaderOf(topic: string, partition: number): Node | undefined {
    return this.#nodes.get(this.#topics.get(topic)?.leaders[partition] ?? -1);
  }

  /** Who coordinates the group; `forget` asks anew. */
  async coordinatorOf(group: string, forget = false): Promise<Node> {
    const known = forget ? undefined : this.#coordinators.get(group);
    if (known !== undefined) return known;
    this.#coordinators.delete(group);
    const { coordinators } = await this.requestAny(findCoordinatorV4.api, GROUP_KEY, [group]);
    const { host, port } = coordinators[0]!;
    this.#coordinators.set(group, { host, port });
    return { host, port };
  }

  forgetCoordinator(group: string): void {
    this.#coordinators.delete(group);
  }

  /**
   * Does it again until it succeeds, fails for good, or `withinMs` are over.
   * @param what for the message: "cannot create topic telemetry"
   */
  async retrying<T>(what: string, withinMs: number, attempt: () => Promise<T>): Promise<T> {
    const until = performance.now() + withinMs;
    for (let failures = 1; ; failures++) {
      try {
        return await attempt();
      } catch (error) {
        const wait = backoffMs(failures);
        if (isFatal(error) || this.#isClosed || performance.now() + wait > until)
          throw kafkaError(error, what);
        await sleep(wait);
      }
    }
  }

  /** Ends the connections of a purpose: whatever waits for an answer there fails. */
  disconnect(purpose: string): void {
    for (const [key, opening] of this.#connections) {
      if (!key.startsWith(`${purpose}@`)) continue;
      this.#connections.delete(key);
      opening.then(
        (connection) => connection.close(() => undefined),
        () => undefined,
      );
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const open = await Promise.allSettled(this.#connections.values());
    this.#connections.clear();
    await Promise.allSettled(open.map((one) => (one.status === 'fulfilled' ? one.value.close() : undefined)));
  }
}

/** How long to wait after so many failures in a row, ms. */
export function backoffMs(failures: number): number {
  return Math.min(RETRY_MS.most, RETRY_MS.first * 2 ** Math.min(failures - 1, 10));
}

export function nodeKey({ host, port }: Node): string {
  return `${host}:${port}`;
}

function nodeOf(broker: string): Node {
  const colon = broker.lastIndexOf(':');
  return { host: broker.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(broker.slice(colon + 1)) };
}

function closed(): MillraceError {
  return new MillraceError('the connection to Kafka is closed', { code: 'STREAM_CLOSED' });
}
