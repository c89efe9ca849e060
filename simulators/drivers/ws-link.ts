/** Links over WebSocket (MQTT 5.0, section 6): binary frames, whose borders mean nothing, subprotocol `mqtt`. */
import { WebSocket } from 'ws';
import type { Endpoint, Link, LinkOwner } from './link.js';

export function openWebSocket({ target, tls }: Endpoint, owner: LinkOwner): Link {
  const host = target.host.includes(':') ? `[${target.host}]` : target.host;
  const socket = new WebSocket(`${target.transport}://${host}:${target.port}${target.path}`, 'mqtt', {
    perMessageDeflate: false,
    rejectUnauthorized: !target.insecure,
    ...tls?.pem,
  });
  socket.binaryType = 'nodebuffer';
  const link = new WsLink(socket, owner);
  let failure: Error | null = null;
  socket.on('open', () => owner.linked(link));
  socket.on('message', (bytes) => owner.received(link, bytes as Buffer));
  socket.on('error', (error) => {
    failure = error;
  });
  socket.on('close', () => owner.unlinked(link, failure));
  return link;
}

class WsLink implements Link {
  readonly #socket: WebSocket;
  readonly #owner: LinkOwner;
  readonly #written = () => {
    if (this.#socket.bufferedAmount === 0) this.#owner.drained(this);
  };

  constructor(socket: WebSocket, owner: LinkOwner) {
    this.#socket = socket;
    this.#owner = owner;
  }

  get buffered(): number {
    return this.#socket.bufferedAmount;
  }

  write(bytes: Buffer): void {
    this.#socket.send(bytes, this.#written);
  }

  end(bytes: Buffer): void {
    this.#socket.send(bytes);
    this.#socket.close();
  }

  destroy(): void {
    this.#socket.terminate();
  }
}
