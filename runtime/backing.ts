/**
 * What a deployment stands on, from the environment: its own log and files, or Kafka or Kinesis, PostgreSQL and a broker
 * that are there already.
 */
import { MillraceError } from '../common/errors.js';
import { type ExternalBrokerSettings, externalBrokerSettings } from '../gateway/mqtt/external/settings.js';
import type { KafkaAddress } from '../streams/kafka/options.js';
import { kafkaSettings } from '../streams/kafka/settings.js';
import { type KinesisAddress, kinesisSettings } from '../streams/kinesis/address.js';
import { ALL_ROLES, type Roles } from './roles.js';

export interface Backing {
  /** At most one of the two; null both: streams are this process's own log. */
  readonly kafka: KafkaAddress | null;
  readonly kinesis: KinesisAddress | null;
  /** URL of the PostgreSQL database; null: state is in SQLite files. */
  readonly database: string | null;
  /** Null: devices connect to the embedded broker. */
  readonly mqtt: ExternalBrokerSettings | null;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Throws `KAFKA_SETTINGS`, `KINESIS_SETTINGS`, `SETTING_INVALID` or, for what cannot work together,
 * `BACKING_AMBIGUOUS` and `BACKING_INCOMPLETE`.
 */
export function backingOf(env: Environment, roles: Roles): Backing {
  const kafka = env.KAFKA_BROKERS ? kafkaSettings(env) : null;
  const kinesis = kinesisSettings(env);
  const database = env.DATABASE_URL || null;
  const mqtt = externalBrokerSettings(env);
  if (database !== null && !/^postgres(ql)?:\/\//.test(database)) {
    throw new MillraceError('DATABASE_URL is not the URL of a PostgreSQL database', {
      code: 'SETTING_INVALID',
      hint: 'It looks like postgres://user:password@host:5432/database.',
    });
  }
  if (kafka !== null && database === null) {
    throw incomplete(
      'streams in Kafka are shared with other processes, state in files is not',
      'Set DATABASE_URL to a PostgreSQL database, or unset KAFKA_BROKERS.',
    );
  }
  if (kafka !== null && kinesis !== null) {
    throw new MillraceError('streams are in Kafka or in Kinesis, and the environment asks for both', {
      code: 'BACKING_AMBIGUOUS',
      hint: 'Unset KAFKA_BROKERS, or unset KINESIS, KINESIS_REGION and KINESIS_ENDPOINT.',
    });
  }
  if (kinesis !== null && database === null) {
    throw incomplete(
      'Kinesis keeps neither checkpoints nor who works on which shard, and files are not shared',
      'Set DATABASE_URL to a PostgreSQL database, or unset KINESIS, KINESIS_REGION and KINESIS_ENDPOINT.',
    );
  }
  if (roles.size < ALL_ROLES.size && kafka === null && kinesis === null) {
    throw incomplete(
      'a process that does a part only has to share its streams with the others',
      'Set KAFKA_BROKERS (or KINESIS_REGION) and DATABASE_URL, or leave --roles out.',
    );
  }
  if (!roles.has('gateway') && mqtt === null) {
    throw incomplete(
      'alerts go out over MQTT, and the embedded broker is the gateway’s',
      'Set MQTT_URL to the broker that devices use, or add the role gateway.',
    );
  }
  return { kafka, kinesis, database, mqtt };
}

function incomplete(what: string, hint: string): MillraceError {
  return new MillraceError(what, { code: 'BACKING_INCOMPLETE', hint });
}
