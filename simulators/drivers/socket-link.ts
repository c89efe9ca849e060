/**
 * Links over TCP and TLS. There may be 10,000 of them, so a plain socket has no read buffer of its own and no closures:
 * its listeners are shared functions that find their link on the socket.
 */
import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Endpoint, Link, LinkOwner } from './link.js';

/**
 * Read buffer of all plain sockets. A read is handed out before the next one begins (libuv calls back right after
 * read(2)), so one is enough.
 */
const READ_BUFFER = Buffer.allocUnsafeSlow(64 * 1024);

const LINK = Symbol('link');
type Linked = Socket & { [LINK]: SocketLink };

export function openSocket({ target, address, tls }: Endpoint, owner: LinkOwner): Link {
  const { host, port } = target;
  if (target.transport === 'mqtts') {
    const socket = connectTls({
      host: address,
      port,
      // SNI does not allow addresses.
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...(tls?.context === undefined ? {} : { secureContext: tls.context }),
      rejectUnauthorized: !target.insecure,
    }).setNoDelay(true);
    const link = new SocketLink(socket, owner);
    socket.on('secureConnect', onConnect).on('data', onData);
    return link;
  }
  let link: SocketLink;
  const socket = connectPlain({
    host: address,
    port,
    noDelay: true,
    onread: {
      buffer: READ_BUFFER,
      callback: (bytes) => {
        link.owner.received(link, READ_BUFFER.subarray(0, bytes));
        return true;
      },
    },
  });
  link = new SocketLink(socket, owner);
  socket.on('connect', onConnect);
  return link;
}

class SocketLink implements Link {
  readonly owner: LinkOwner;
  readonly #socket: Socket;
  failure: Error | null = null;

  constructor(socket: Socket, owner: LinkOwner) {
    this.owner = owner;
    this.#socket = socket;
    (socket as Linked)[LINK] = this;
    socket.on('error', onError).on('close', onClose).on('drain', onDrain);
  }

  get buffered(): number {
    return this.#socket.writableLength;
  }

  write(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  end(bytes: Buffer): void {
    this.#socket.end(bytes);
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

function onConnect(this: Socket): void {
  const link = (this as Linked)[LINK];
  link.owner.linked(link);
}

function onData(this: Socket, bytes: Buffer): void {
  const link = (this as Linked)[LINK];
  link.owner.received(link, bytes);
}

function onDrain(this: Socket): void {
  const link = (this as Linked)[LINK];
  link.owner.drained(link);
}

function onError(this: Socket, error: Error): void {
  (this as Linked)[LINK].failure = error;
}

function onClose(this: Socket): void {
  const link = (this as Linked)[LINK];
  link.owner.unlinked(link, link.failure);
}
