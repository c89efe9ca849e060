import { hostname } from 'node:os';
import { externalBrokerSettings } from '../../../../gateway/mqtt/external/settings.js';

test('without MQTT_URL there is no external broker', () => {
  expect(externalBrokerSettings({ MQTT_URL: '' })).toBeNull();
});

test('user and password come from the URL, percent-encoded, and are not left in it', () => {
  const settings = externalBrokerSettings({ MQTT_URL: 'mqtts://us%40er:p%2Fw@broker.example:8884' });
  expect(settings).toMatchObject({
    username: 'us@er',
    password: 'p/w',
    clientId: `millrace-${hostname()}`,
    group: 'millrace',
    sessionExpirySeconds: 604_800,
    leaveOnStop: false,
  });
  expect(settings!.url.href).toBe('mqtts://broker.example:8884');
});

test('variables win over the URL; a plain subscription has no group', () => {
  const settings = externalBrokerSettings({
    MQTT_URL: 'ws://a:b@host/mqtt',
    MQTT_USERNAME: 'u',
    MQTT_PASSWORD: 'p',
    MQTT_CLIENT_ID: 'gateway-3',
    MQTT_GROUP: 'plant',
    MQTT_SHARED: 'false',
    MQTT_LEAVE_ON_STOP: 'true',
    MQTT_SESSION_EXPIRY: '60',
  });
  expect(settings).toMatchObject({
    username: 'u',
    password: 'p',
    clientId: 'gateway-3',
    group: null,
    leaveOnStop: true,
    sessionExpirySeconds: 60,
  });
});

test('tells all problems at once, and no password', () => {
  const read = () =>
    externalBrokerSettings({
      MQTT_URL: 'amqp://user:secret@host',
      MQTT_GROUP: 'a/b',
      MQTT_CERT: '/nowhere/cert.pem',
      MQTT_SHARED: 'maybe',
      MQTT_SESSION_EXPIRY: '-1',
    });
  expect(read).toThrow(expect.objectContaining({ code: 'SETTING_INVALID' }));
  for (const name of ['MQTT_URL', 'MQTT_GROUP', 'MQTT_CERT', 'MQTT_SHARED', 'MQTT_SESSION_EXPIRY']) {
    expect(read).toThrow(name);
  }
  expect(read).not.toThrow('secret');
});
