// Stands in for the product where a test is about how a process is handled: the banner, both ports, SIGTERM.
// STAND_IN=fails ends at once, STAND_IN=mute never says that it is ready, STAND_IN=rude ends with 3 when told to stop.
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

const value = (flag) => process.argv[process.argv.indexOf(flag) + 1];
const note = (what) => appendFileSync(join(value('--data-dir'), 'starts'), `${what}\n`);

if (process.env.STAND_IN === 'fails') {
  process.stderr.write('millrace: the stand-in cannot\n');
  process.exit(1);
}
const [host, mqtt, http] = [value('--host'), value('--mqtt-port'), value('--http-port')];
for (const port of [mqtt, http]) {
  const server = createServer((socket) => socket.on('data', (data) => socket.write(data)));
  await once(server.listen(Number(port), host), 'listening');
}
process.on('SIGTERM', () => {
  note('drained');
  process.exit(process.env.STAND_IN === 'rude' ? 3 : 0);
});
note('started');
if (process.env.STAND_IN !== 'mute') {
  process.stdout.write(`\n  Millrace test\n\n  MQTT  mqtt://${host}:${mqtt}\n`);
  process.stdout.write(`  HTTP  http://${host}:${http}  status page\n`);
}
