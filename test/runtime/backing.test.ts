import { type Backing, backingOf } from '../../runtime/backing.js';
import { ALL_ROLES, parseRoles } from '../../runtime/roles.js';

const OWN: Backing = { kafka: null, database: null, mqtt: null };
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
  [{}, 'gateway,functions', 'BACKING_INCOMPLETE', '--roles'],
  [shared, 'functions', 'BACKING_INCOMPLETE', 'MQTT_URL'],
])('%j with roles %s cannot work', (env, roles, code, hint) => {
  expect(() => backingOf(env as never, parseRoles(roles))).toThrow(refusal(code, hint));
});

test('roles are read as they are written', () => {
  expect([...parseRoles('api, gateway')]).toEqual(['api', 'gateway']);
  expect(() => parseRoles('gateway,apis')).toThrow(refusal('SETTING_INVALID', 'schedules'));
});
