import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { kafkaSettings } from '../../../streams/kafka/settings.js';
import { withDirectory } from '../../support/streams.js';

const PEM = '-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----\n';

function messageOf(env: Record<string, string>): string {
  try {
    kafkaSettings(env);
  } catch (error) {
    expect(error).toMatchObject({ code: 'KAFKA_SETTINGS' });
    return (error as Error).message;
  }
  throw new Error('it was accepted');
}

test('brokers alone are enough', () => {
  expect(kafkaSettings({ KAFKA_BROKERS: 'a:1, b ,[::1]:9093,' })).toEqual({
    brokers: ['a:1', 'b:9092', '[::1]:9093'],
    clientId: 'millrace',
  });
});

test('SASL, TLS from files or text, and the rest', () =>
  withDirectory(async (directory) => {
    const ca = join(directory, 'ca.pem');
    await writeFile(ca, PEM);
    const settings = kafkaSettings({
      KAFKA_BROKERS: 'a:1',
      KAFKA_CLIENT_ID: 'me',
      KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
      KAFKA_SASL_USERNAME: 'u',
      KAFKA_SASL_PASSWORD: 'p',
      KAFKA_SSL_CA: ca,
      KAFKA_SSL_CERT: PEM,
      KAFKA_SSL_KEY: PEM,
      KAFKA_REPLICATION_FACTOR: '3',
      KAFKA_LINGER_MS: '0',
    });
    expect(settings).toEqual({
      brokers: ['a:1'],
      clientId: 'me',
      sasl: { mechanism: 'SCRAM-SHA-512', username: 'u', password: 'p' },
      tls: { ca: PEM, cert: PEM, key: PEM },
      replicationFactor: 3,
      lingerMs: 0,
    });
    expect(kafkaSettings({ KAFKA_BROKERS: 'a', KAFKA_SSL: 'true' }).tls).toEqual({});
    expect(kafkaSettings({ KAFKA_BROKERS: 'a', KAFKA_SSL: 'false' }).tls).toBeUndefined();
  }));

test('says all that is wrong at once, and shows no password', () => {
  const message = messageOf({
    KAFKA_BROKERS: 'a:99999',
    KAFKA_SASL_MECHANISM: 'gssapi',
    KAFKA_SASL_PASSWORD: 'secret',
    KAFKA_SSL_CERT: '/nowhere.pem',
    KAFKA_REPLICATION_FACTOR: '0',
    KAFKA_LINGER_MS: 'soon',
  });
  for (const name of [
    'BROKERS',
    'SASL_MECHANISM',
    'SASL_USERNAME',
    'SSL_CERT',
    'SSL_KEY',
    'REPLICATION_FACTOR',
    'LINGER_MS',
  ]) {
    expect(message).toContain(`KAFKA_${name}`);
  }
  expect(message).not.toContain('secret');
  expect(messageOf({})).toContain('KAFKA_BROKERS');
});
