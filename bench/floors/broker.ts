/**
 * The floor for everything that speaks MQTT: plain Aedes over plain TCP in a process of its own, no log behind it.
 * Prints `MQTT  mqtt://127.0.0.1:PORT` when it listens and lives until SIGTERM.
 */
import { createServer } from 'node:net';
import { Aedes } from 'aedes';

const broker = await Aedes.createBroker();
const server = createServer({ noDelay: true }, broker.handle);
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  process.stdout.write(`MQTT  mqtt://127.0.0.1:${port}\n`);
});
process.on('SIGTERM', () => process.exit(0));
