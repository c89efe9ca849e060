import { type Backing, backingOf } from '../../runtime/backing.js';
import { ALL_ROLES, parseRoles } from '../../runtime/roles.js';

const OWN: Backing = { kafka: null, kinesis: null, database: null, mqtt: null };
const POSTGRES = 'postgres://user@localhost/millrace';
const shared = { KAFKA_BROKERS: 'localhost:9092', DATABASE_URL: POSTGRES };
const refusal = (code: string, hint: string) =>
  expect.objectContaining({ code, hint: expect.stringContaining(hint) });

test('without anything set a deployment stands on its own log, files and broker', () => {
  expect(backingOf({}, ALL_ROLES)).toEqual(OWN);
});

test('Kafka, PostgreSQL and a broker are taken from the environment', () => {
  const { kafka, database, mqtt } = backingOf({ ...shared, MQTT_URL: 'mqtt://broker:1884' }, ALL_ROLES);
  expect(kafka?.brokers).toEqual(['localhost:9092']);
  expect(database).toBe(POSTGRES);
  expect(mqtt?.url.href).toBe('mqtt://broker:1884');
});

test.each<[Record<string, string>, object]>([
  [{ KINESIS_REGION: 'eu-central-1' }, { region: 'eu-central-1' }],
  [{ KINESIS: 'true', AWS_REGION: 'eu-west-1' }, { region: 'eu-west-1' }],
  [{ KINESIS: '1' }, {}],
  [
    { KINESIS_ENDPOINT: 'http://127.0.0.1:4567', KINESIS_STREAM_PREFIX: 'try-', KINESIS_POLL_MS: '50' },
    {
      endpoint: 'http://127.0.0.1:4567/',
      region: 'us-east-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      streamPrefix: 'try-',
      pollMs: 50,
    },
  ],
  [
    { KINESIS_ENDPOINT: 'http://localhost:4567', AWS_PROFILE: 'me', AWS_REGION: 'eu-west-1' },
    { endpoint: 'http://localhost:4567/', region: 'eu-west-1' },
  ],
])('%j: streams are in Kinesis', (env, kinesis) => {
  expect(backingOf({ ...env, DATABASE_URL: POSTGRES }, ALL_ROLES)).toEqual({
    ...OWN,
    kinesis,
    database: POSTGRES,
  });
});

test('AWS’ own variables alone, or KINESIS=false, do not ask for Kinesis', () => {
  expect(backingOf({ AWS_REGION: 'eu-west-1', AWS_PROFILE: 'me' }, ALL_ROLES)).toEqual(OWN);
  expect(backingOf({ KINESIS: 'false', KINESIS_REGION: 'eu-west-1' }, ALL_ROLES)).toEqual(OWN);
});

test('all that is wrong with the settings of Kinesis is said at once', () => {
  const env = {
    KINESIS: 'maybe',
    KINESIS_ENDPOINT: 'nowhere',
    KINESIS_STREAM_PREFIX: 'a/',
    KINESIS_POLL_MS: '1',
  };
  expect(() => backingOf(env, ALL_ROLES)).toThrow(
    expect.objectContaining({
      code: 'KINESIS_SETTINGS',
      message: expect.stringMatching(/KINESIS: (.|\n)*_ENDPOINT: (.|\n)*_PREFIX: (.|\n)*_POLL_MS: /),
    }),
  );
});

test('PostgreSQL alone, or another broker alone, go with the own log', () => {
  expect(backingOf({ DATABASE_URL: POSTGRES }, ALL_ROLES)).toEqual({ ...OWN, database: POSTGRES });
  expect(backingOf({ MQTT_URL: 'mqtt://broker' }, ALL_ROLES).kafka).toBeNull();
});

test.each([
  [
    { DATABASE_URL: 'mysql://localhost' },
    'gateway,functions,schedules,api',
    'SETTING_INVALID',
    'postgres://',
  ],
  [
    { KAFKA_BROKERS: 'localhost:9092' },
    'gateway,functions,schedules,api',
    'BACKING_INCOMPLETE',
    'DATABASE_URL',
  ],
  [{ KINESIS_REGION: 'eu-west-1' }, 'gateway,functions,schedules,api', 'BACKING_INCOMPLETE', 'DATABASE_URL'],
  [
    { ...shared, KINESIS_REGION: 'eu-west-1' },
    'gateway,functions,schedules,api',
    'BACKING_AMBIGUOUS',
    'KAFKA_BROKERS',
  ],
  [{}, 'gateway,functions', 'BACKING_INCOMPLETE', '--roles'],
  [shared, 'functions', 'BACKING_INCOMPLETE', 'MQTT_URL'],
])('%j with roles %s cannot work', (env, roles, code, hint) => {
  expect(() => backingOf(env as never, parseRoles(roles))).toThrow(refusal(code, hint));
});

test('roles are read as they are written', () => {
  expect([...parseRoles('api, gateway')]).toEqual(['api', 'gateway']);
  expect(() => parseRoles('gateway,apis')).toThrow(refusal('SETTING_INVALID', 'schedules'));
});
