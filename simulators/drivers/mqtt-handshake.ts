/** The packets around a connection, which are rare: left to mqtt-packet. */
import mqttPacket, { type IConnackPacket, type IConnectPacket } from 'mqtt-packet';
import type { Delivery } from './channel.js';
import type { Target } from './driver.js';
import { packetSize } from './outbox.js';
import { CONNACK, encodeLength } from './packets.js';

/** How long a server of MQTT 5 keeps the session of a lost connection, s. */
const SESSION_EXPIRY = 3_600;

/**
 * @param keep the server is to keep the session (QoS 2 across a lost connection needs it)
 * @param fresh a session that is left from before is to be forgotten
 */
export function connectPacket(target: Target, clientId: string, keep: boolean, fresh: boolean): Buffer {
  const { protocolVersion, username, password, keepaliveSeconds } = target;
  const isVersion5 = protocolVersion === 5;
  const packet: IConnectPacket = {
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion,
    clientId,
    // What forgets an old session is in 3.1.1 what also drops the new one, so a session that is kept is never fresh.
    clean: isVersion5 ? fresh || !keep : !keep,
    keepalive: keepaliveSeconds,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password: Buffer.from(password) }),
    ...(isVersion5 && keep ? { properties: { sessionExpiryInterval: SESSION_EXPIRY } } : {}),
  };
  return mqttPacket.generate(packet);
}

export function disconnectPacket(version: 4 | 5, keep: boolean): Buffer {
  if (version === 4) return mqttPacket.generate({ cmd: 'disconnect' });
  const forget = keep ? {} : { properties: { sessionExpiryInterval: 0 } };
  return mqttPacket.generate({ cmd: 'disconnect', reasonCode: 0, ...forget }, { protocolVersion: 5 });
}

export const PINGREQ = Buffer.from([0xc0, 0]);

/** What a server grants. */
export interface Grant {
  /** 0: accepted. */
  readonly code: number;
  readonly receiveMaximum: number;
  readonly maximumQos: number;
  readonly maximumPacketSize: number;
  /** It wants another keepalive than was asked for, s. */
  readonly keepaliveSeconds: number | undefined;
}

/** @param start of the packet's body in `bytes` */
export function readConnack(version: 4 | 5, bytes: Buffer, start: number, end: number): Grant {
  const unlimited = { receiveMaximum: 65_535, maximumQos: 2, maximumPacketSize: Number.POSITIVE_INFINITY };
  const code = bytes[start + 1]!;
  if (version === 4 || code >= 0x80) return { code, ...unlimited, keepaliveSeconds: undefined };
  let properties: IConnackPacket['properties'];
  const parser = mqttPacket.parser({ protocolVersion: 5 });
  parser.on('packet', (packet) => {
    properties = (packet as IConnackPacket).properties;
  });
  parser.parse(
    Buffer.concat([Buffer.from([CONNACK << 4, ...encodeLength(end - start)]), bytes.subarray(start, end)]),
  );
  return {
    code,
    receiveMaximum: properties?.receiveMaximum ?? unlimited.receiveMaximum,
    maximumQos: properties?.maximumQoS ?? unlimited.maximumQos,
    maximumPacketSize: properties?.maximumPacketSize ?? unlimited.maximumPacketSize,
    keepaliveSeconds: properties?.serverKeepAlive,
  };
}

/** What the server has said it does not take (MQTT 5); null: it takes this. */
export function whyNot(
  delivery: Delivery,
  { maximumQos, maximumPacketSize }: Grant,
  version: 4 | 5,
): string | null {
  if (delivery.publish.qos > maximumQos) return `the server takes QoS ${maximumQos} at most`;
  // Most servers give no limit, and then the size need not be known.
  if (maximumPacketSize === Number.POSITIVE_INFINITY) return null;
  if (packetSize(delivery, version) <= maximumPacketSize) return null;
  return `the server takes packets of ${maximumPacketSize} bytes at most`;
}
