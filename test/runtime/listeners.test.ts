import { Hono } from 'hono';
import { listen } from '../../runtime/listeners.js';

test('a request under way is answered before its connection ends', async () => {
  let answer = () => {};
  let arrived = () => {};
  const under = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const app = new Hono();
  app.get('/slow', async (c) => {
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    arrived();
    await answered;
    return c.text('done');
  });
  const listening = await listen(undefined, app, {
    host: '127.0.0.1',
    mqttPort: 0,
    httpPort: 0,
    maxPacketBytes: 1024,
  });
  expect(listening.mqttPort).toBeUndefined();
  const response = fetch(`http://127.0.0.1:${listening.httpPort}/slow`);
  await under;
  listening.stopAccepting();
  const closed = listening.close();
  answer();
  expect(await (await response).text()).toBe('done');
  await closed;
  await expect(fetch(`http://127.0.0.1:${listening.httpPort}/slow`)).rejects.toThrow();
});
