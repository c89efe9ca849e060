import { parseTarget } from '../../../simulators/drivers/target.js';

const plain = {
  transport: 'mqtt',
  host: '127.0.0.1',
  port: 1883,
  path: '',
  insecure: false,
  protocolVersion: 4,
  keepaliveSeconds: 60,
};

describe("a target from mosquitto's flags", () => {
  test('is the local broker without any', () => {
    expect(parseTarget({})).toEqual({ target: plain, qos: undefined });
  });

  test('takes host, port, user, version, keepalive and QoS', () => {
    const flags = {
      host: 'broker.example',
      port: '1884',
      username: 'u',
      password: 'p',
      protocolVersion: 'mqttv5',
      keepalive: '0',
      qos: '2',
    };
    expect(parseTarget(flags)).toEqual({
      target: {
        ...plain,
        host: 'broker.example',
        port: 1884,
        username: 'u',
        password: 'p',
        protocolVersion: 5,
        keepaliveSeconds: 0,
      },
      qos: 2,
    });
  });

  test.each([
    [{ cafile: 'ca.pem' }, 'mqtts', 8883, ''],
    [{ insecure: true }, 'mqtts', 8883, ''],
    [{ ws: true }, 'ws', 80, '/mqtt'],
    [{ ws: true, cafile: 'ca.pem' }, 'wss', 443, '/mqtt'],
    [{ host: 'mqtt://h' }, 'mqtt', 1883, ''],
    [{ host: 'mqtts://h:1' }, 'mqtts', 1, ''],
    [{ host: 'mqtt://h', ws: true }, 'ws', 80, '/mqtt'],
    [{ host: 'ws://h:8080/socket' }, 'ws', 8080, '/socket'],
    [{ host: 'wss://h' }, 'wss', 443, '/mqtt'],
    [{ url: 'http://h:8080/' }, 'http', 8080, ''],
    [{ url: 'https://h/prod/' }, 'https', 443, '/prod'],
    [{ host: 'mqtt://h:1883', port: 5 }, 'mqtt', 5, ''],
  ] as const)('%j is %s on port %i', (flags, transport, port, path) => {
    expect(parseTarget(flags).target).toMatchObject({ transport, port, path });
  });

  test('takes user and password of a URL, decoded, and addresses of either kind', () => {
    expect(parseTarget({ host: 'mqtt://a%40b:c%3Ad@[::1]:1883' }).target).toMatchObject({
      host: '::1',
      username: 'a@b',
      password: 'c:d',
    });
    expect(parseTarget({ host: '::1' }).target.host).toBe('::1');
  });

  test('tells everything that is wrong at once', () => {
    const wrong = { port: 0, qos: 3, protocolVersion: 'mqttv4', keepalive: -1, cert: 'c.pem', password: 'p' };
    expect(() => parseTarget(wrong)).toThrow(
      expect.objectContaining({
        code: 'TARGET_INVALID',
        message: expect.stringMatching(/-P.*--cert.*-V.*-p.*-k.*-q/) as string,
      }),
    );
    expect(() => parseTarget({ host: 'ftp://h' })).toThrow(/ftp/);
    expect(() => parseTarget({ host: 'mqtt://' })).toThrow(/no host|no URL/);
  });
});
