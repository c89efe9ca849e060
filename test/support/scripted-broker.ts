/**
 * An MQTT server for tests of a client's conscience: it notes what arrives, packet by packet, and acknowledges, holds
 * back, refuses or hangs up as the test says.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import mqttPacket, { type IConnectPacket, type Packet } from 'mqtt-packet';

export interface Arrival {
  /** Of the connections so far, from 0. */
  readonly connection: number;
  readonly packet: Packet;
}

export class ScriptedBroker {
  readonly arrivals: Arrival[] = [];
  /** Answers to what arrives; undefined: the usual one. An empty array: none. */
  answer: (packet: Packet, connection: number) => Packet[] | undefined = () => undefined;
  readonly sockets: Socket[] = [];
  readonly #server = createServer((socket) => this.#serve(socket));
  #version: 4 | 5 = 4;

  static async start(): Promise<ScriptedBroker> {
    const broker = new ScriptedBroker();
    broker.#server.listen(0, '127.0.0.1');
    await once(broker.#server, 'listening');
    return broker;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  of<C extends Packet['cmd']>(cmd: C): Extract<Packet, { cmd: C }>[] {
    return this.arrivals.flatMap(({ packet }) => (packet.cmd === cmd ? [packet as never] : []));
  }

  /** Hangs up on everybody. */
  hangUp(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  send(connection: number, packet: Packet): void {
    this.sockets[connection]!.write(mqttPacket.generate(packet, { protocolVersion: this.#version }));
  }

  async stop(): Promise<void> {
    this.hangUp();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #serve(socket: Socket): void {
    const connection = this.sockets.push(socket) - 1;
    const parser = mqttPacket.parser();
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => void parser.parse(bytes));
    parser.on('packet', (packet: Packet) => {
      if (packet.cmd === 'connect') this.#version = (packet as IConnectPacket).protocolVersion === 5 ? 5 : 4;
      this.arrivals.push({ connection, packet });
      for (const answer of this.answer(packet, connection) ?? usual(packet, this.#version)) {
        socket.write(mqttPacket.generate(answer, { protocolVersion: this.#version }));
      }
    });
  }
}

function usual(packet: Packet, version: 4 | 5): Packet[] {
  const { messageId } = packet;
  const reply = (cmd: string) => [{ cmd, messageId, ...(version === 5 ? { reasonCode: 0 } : {}) } as Packet];
  switch (packet.cmd) {
    case 'connect':
      return [
        {
          cmd: 'connack',
          sessionPresent: false,
          ...(version === 5 ? { reasonCode: 0 } : { returnCode: 0 }),
        } as Packet,
      ];
    case 'publish':
      return packet.qos === 0 ? [] : reply(packet.qos === 1 ? 'puback' : 'pubrec');
    case 'pubrel':
      return reply('pubcomp');
    case 'pingreq':
      return [{ cmd: 'pingresp' }];
    default:
      return [];
  }
}
