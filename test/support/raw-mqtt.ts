/**
 * MQTT by hand over a plain socket: for what a decent client library would not do (send a packet twice, half a packet,
 * garbage, never read).
 */
import { connect, type Socket } from 'node:net';
import mqttPacket, { type Packet } from 'mqtt-packet';
import { poll } from './poll.js';

export interface RawClient {
  readonly socket: Socket;
  /** Packets received so far. */
  readonly received: readonly Packet[];
  readonly closed: boolean;
  send(packet: Packet): void;
  /** Bytes as they are. */
  write(bytes: Uint8Array): void;
  /** The next packet of the kind that was not asked for before. */
  next<C extends Packet['cmd']>(cmd: C): Promise<Extract<Packet, { cmd: C }>>;
  untilClosed(timeoutMs?: number): Promise<void>;
  destroy(): void;
}

/** Opens the socket and sends nothing. */
export async function rawSocket(mqttUrl: string): Promise<RawClient> {
  const { hostname, port } = new URL(mqttUrl);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  const parser = mqttPacket.parser();
  const received: Packet[] = [];
  const taken = new Set<Packet>();
  let closed = false;
  // A reset is one way in which a broker closes.
  socket.on('error', () => undefined);
  socket.on('close', () => {
    closed = true;
  });
  parser.on('packet', (packet: Packet) => received.push(packet));
  socket.on('data', (chunk: Buffer) => void parser.parse(chunk));
  return {
    socket,
    received,
    get closed() {
      return closed;
    },
    send: (packet) => void socket.write(mqttPacket.generate(packet)),
    write: (bytes) => void socket.write(bytes),
    async next(cmd) {
      const packet = await poll(() => received.find((each) => each.cmd === cmd && !taken.has(each)), {
        what: `a ${cmd} packet`,
      });
      taken.add(packet);
      return packet as never;
    },
    untilClosed: async (timeoutMs = 5_000) => {
      await poll(() => closed, { timeoutMs, what: 'the connection having been closed' });
    },
    destroy: () => void socket.destroy(),
  };
}

/** Opens the socket and connects. */
export async function rawClient(mqttUrl: string, clientId: string, clean = true): Promise<RawClient> {
  const client = await rawSocket(mqttUrl);
  client.send({
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 4,
    clientId,
    clean,
    keepalive: 0,
  } as Packet);
  const { returnCode } = await client.next('connack');
  if (returnCode !== 0) throw new Error(`connection refused: ${returnCode}`);
  return client;
}

/** A publish packet; a messageId is needed for QoS 1 and 2. */
export function publishPacket(
  topic: string,
  payload: string | Buffer,
  qos: 0 | 1 | 2 = 0,
  messageId?: number,
  dup = false,
): Packet {
  const id = messageId === undefined ? {} : { messageId };
  return { cmd: 'publish', topic, payload, qos, dup, retain: false, ...id } as Packet;
}
