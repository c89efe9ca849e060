/**
 * The cheapest server that takes MQTT publishes: answers CONNECT, acknowledges QoS 1 and counts. What a publisher can
 * do against it is what the publisher itself can do. A process of its own; prints where it listens, and every time it
 * gets SIGUSR2 how many publishes it has had.
 */
import { type AddressInfo, createServer } from 'node:net';
import { PacketScanner, PUBACK, PUBLISH } from '../../simulators/drivers/packets.js';

const CONNECT = 1;
const PINGREQ = 12;
const CONNACK_PACKET = Buffer.from([0x20, 2, 0, 0]);
const PINGRESP_PACKET = Buffer.from([0xd0, 0]);

let publishes = 0;

const server = createServer({ noDelay: true }, (socket) => {
  let acknowledgements: number[] = [];
  const scanner = new PacketScanner((type, flags, bytes, start) => {
    if (type === PUBLISH) {
      publishes++;
      if ((flags & 6) === 0) return;
      const at = start + 2 + bytes.readUInt16BE(start);
      acknowledgements.push(PUBACK << 4, 2, bytes[at]!, bytes[at + 1]!);
    } else if (type === CONNECT) socket.write(CONNACK_PACKET);
    else if (type === PINGREQ) socket.write(PINGRESP_PACKET);
  });
  socket.on('data', (bytes) => {
    scanner.push(bytes);
    if (acknowledgements.length === 0) return;
    socket.write(Buffer.from(acknowledgements));
    acknowledgements = [];
  });
  // A publisher that is killed resets its connections.
  socket.on('error', () => socket.destroy());
});
server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => {
  process.stdout.write(`MQTT mqtt://127.0.0.1:${(server.address() as AddressInfo).port} \n`);
});
process.on('SIGUSR2', () => void process.stdout.write(`publishes ${publishes}\n`));
