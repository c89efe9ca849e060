/**
 * One MQTT connection over a plain socket: handshake, then packets in both directions as bytes.
 */
import { Buffer } from 'node:buffer';
import { connect as connectSocket, type Socket } from 'node:net';
import mqttPacket from 'mqtt-packet';
import { MillraceError } from '../../common/errors.js';
import { CONNACK, type OnPacket, PacketScanner, SUBACK } from '../../simulators/drivers/packets.js';

const READ_BUFFER = 16 * 1024;

export interface ConnectionEvents {
  /** See `OnPacket`; not called for CONNACK and SUBACK. */
  readonly onPacket: OnPacket;
  /** The socket closed although nobody asked it to. */
  readonly onLost: (reason: string) => void;
}

export class MqttConnection {
  readonly #socket: Socket;
  #closing = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  /**
   * Connects with a clean session and no keep-alive, and subscribes to `filter` with QoS 1 when there is one.
   * Rejects with `DRIVER_CONNECT` when the server refuses or closes.
   */
  static open(
    where: {
      readonly host: string;
      readonly port: number;
      readonly clientId: string;
      readonly filter?: string;
    },
    events: ConnectionEvents,
  ): Promise<MqttConnection> {
    return new Promise((resolve, reject) => {
      const fail = (reason: string) =>
        reject(
          new MillraceError(`${where.clientId} could not connect to ${where.host}:${where.port}: ${reason}`, {
            code: 'DRIVER_CONNECT',
          }),
        );
      let ready = false;
      let lastError = 'the server closed the connection';
      const becomeReady = () => {
        ready = true;
        resolve(connection);
      };
      const scanner = new PacketScanner((type, flags, bytes, start, end) => {
        if (type === CONNACK) {
          const code = bytes[start + 1];
          if (code !== 0) fail(`CONNACK ${code}`);
          else if (where.filter === undefined) becomeReady();
          else connection.write(subscribePacket(where.filter));
        } else if (type === SUBACK) {
          if (bytes[end - 1] === 0x80) fail(`subscription to ${where.filter} refused`);
          else becomeReady();
        } else events.onPacket(type, flags, bytes, start, end);
      });
      const socket = connectSocket({
        host: where.host,
        port: where.port,
        noDelay: true,
        onread: {
          buffer: Buffer.allocUnsafeSlow(READ_BUFFER),
          callback: (bytes, buffer) => {
            scanner.push((buffer as Buffer).subarray(0, bytes));
            return true;
          },
        },
      });
      const connection = new MqttConnection(socket);
      socket.on('connect', () => connection.write(connectPacket(where.clientId)));
      socket.on('error', (error) => {
        lastError = error.message;
      });
      socket.on('close', () => {
        if (connection.#closing) return;
        if (ready) events.onLost(lastError);
        else fail(lastError);
      });
    });
  }

  write(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  close(): void {
    this.#closing = true;
    this.#socket.end(mqttPacket.generate({ cmd: 'disconnect' }));
    // A server that does not close its side must not keep the driver alive.
    this.#socket.unref();
  }
}

function connectPacket(clientId: string): Buffer {
  return mqttPacket.generate({
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 4,
    clean: true,
    clientId,
    keepalive: 0,
  });
}

function subscribePacket(topic: string): Buffer {
  return mqttPacket.generate({
    cmd: 'subscribe',
    messageId: 1,
    subscriptions: [{ topic, qos: 1 }],
  } as mqttPacket.ISubscribePacket);
}
