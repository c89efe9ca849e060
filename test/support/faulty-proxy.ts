/**
 * A TCP proxy between MQTT clients and a broker that does wrong to chosen publishes: it drops, doubles, holds back or
 * alters them, while the client is told that all is well.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import mqttPacket, { type IPublishPacket, type Packet } from 'mqtt-packet';

/** `hold`: it goes out after the next publish of its connection. Bytes: they go instead of the payload. */
export type Fault = 'drop' | 'double' | 'hold' | Buffer;

export interface FaultyProxy {
  readonly port: number;
  close(): Promise<void>;
}

/** @param faultOf asked for every publish of a client; undefined: it goes through as it is */
export async function faultyProxy(
  brokerPort: number,
  faultOf: (payload: Buffer) => Fault | undefined,
): Promise<FaultyProxy> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const broker = connect({ host: '127.0.0.1', port: brokerPort });
    for (const socket of [client, broker]) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      // A reset ends a connection as well as anything else.
      socket.on('error', () => undefined);
    }
    client.on('close', () => broker.destroy());
    broker.on('close', () => client.destroy());
    relay(client, broker, faultOf);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Ids of packets that the proxy sends on its own account: clients count from below. */
const OWN_IDS = 60_000;

function relay(client: Socket, broker: Socket, faultOf: (payload: Buffer) => Fault | undefined): void {
  let ownId = OWN_IDS;
  let held: IPublishPacket | undefined;
  const toBroker = (packet: Packet) => broker.write(mqttPacket.generate(packet));
  const fromClient = mqttPacket.parser();
  fromClient.on('packet', (packet: Packet) => {
    if (packet.cmd !== 'publish') {
      toBroker(packet);
      return;
    }
    const fault = faultOf(Buffer.from(packet.payload));
    if (fault === 'drop') {
      if (packet.qos === 1)
        client.write(mqttPacket.generate({ cmd: 'puback', messageId: packet.messageId! }));
      return;
    }
    if (fault === 'hold') {
      held = packet;
      return;
    }
    toBroker(Buffer.isBuffer(fault) ? { ...packet, payload: fault } : packet);
    if (fault === 'double') toBroker(packet.qos === 0 ? packet : { ...packet, messageId: ownId++ });
    if (held !== undefined) toBroker(held);
    held = undefined;
  });
  const fromBroker = mqttPacket.parser();
  fromBroker.on('packet', (packet: Packet) => {
    const isOwn = packet.cmd === 'puback' && (packet.messageId ?? 0) >= OWN_IDS;
    if (!isOwn) client.write(mqttPacket.generate(packet));
  });
  client.on('data', (bytes: Buffer) => fromClient.parse(bytes));
  broker.on('data', (bytes: Buffer) => fromBroker.parse(bytes));
}
