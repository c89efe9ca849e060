/** What opens a Kafka engine. `settings.ts` reads the outside part of it from the environment. */
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import { inspect } from 'node:util';

export interface KafkaSasl {
  readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
  readonly username: string;
  readonly password: string;
}

/** How to reach the brokers. */
export interface KafkaAddress {
  /** `host:port` of one or more brokers; the others are learnt from them. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly sasl?: KafkaSasl;
  /** Present: TLS, with these files' contents; empty: TLS with the system's authorities. */
  readonly tls?: Pick<TlsOptions, 'ca' | 'cert' | 'key' | 'passphrase' | 'rejectUnauthorized'>;
  /** Replicas of a topic that is made here, and the least that one found there may have. Default: the broker's. */
  readonly replicationFactor?: number;
  /** An append waits this long (ms) for company before it is sent. Default 2. */
  readonly lingerMs?: number;
}

export interface KafkaLog {
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

export interface KafkaOptions extends KafkaAddress {
  /** A batch of one partition is sent when it has so many bytes. Default 512 KiB; never above max.message.bytes. */
  readonly batchBytes?: number;
  /** Appends beyond so many bytes waiting are answered with an error. Default 256 MiB. */
  readonly maxPendingBytes?: number;
  /** Records fetched ahead per partition and consumer. Default 4 MiB. */
  readonly bufferBytes?: number;
  /** A fetch waits so long (ms) at the broker for something new. Default 250. */
  readonly fetchWaitMs?: number;
  /** A worker that is not heard of for so long (ms) loses its partitions. Default 10,000. */
  readonly sessionTimeoutMs?: number;
  /** So long (ms) a worker may take to finish what it gives back. Default 60,000. */
  readonly rebalanceTimeoutMs?: number;
  /** Checkpoints are committed at least so long (ms) apart. Default 50. */
  readonly commitIntervalMs?: number;
  /** How often (ms) a stream asks the brokers where its partitions begin and end. Default 5,000. */
  readonly endsIntervalMs?: number;
  /** Opening the engine or a stream fails when the brokers have not answered within so long (ms). Default 30,000. */
  readonly openWithinMs?: number;
  /** After so long (ms) without an answer a request has failed. Default 15,000. */
  readonly requestTimeoutMs?: number;
  readonly log?: KafkaLog;
}

/** Used when nobody gave a log: what it says still reaches stderr. Errors of the client hold BigInts, which JSON refuses. */
export const warningLog: KafkaLog = { warn, error: warn };

function warn(details: object, message: string): void {
  process.emitWarning(`${message} ${inspect(details, { breakLength: Number.POSITIVE_INFINITY })}`);
}
