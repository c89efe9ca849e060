/** A byte stream to an MQTT server: over TCP, TLS or WebSocket. */
import type { Target } from './driver.js';
import { openSocket } from './socket-link.js';
import type { TlsFiles } from './tls-files.js';
import { openWebSocket } from './ws-link.js';

export interface Link {
  /** Bytes written that the system has not taken yet. */
  readonly buffered: number;
  write(bytes: Buffer): void;
  /** Writes a last packet, then closes. */
  end(bytes: Buffer): void;
  /** Closes at once; what was not taken yet is lost. */
  destroy(): void;
}

/** Called for the link that it was opened with; a link that was ended or destroyed may still call. */
export interface LinkOwner {
  linked(link: Link): void;
  /** @param bytes may be reused after this returns */
  received(link: Link, bytes: Buffer): void;
  /** The system has taken everything. */
  drained(link: Link): void;
  /** Called once. @param cause null when the other side just closed */
  unlinked(link: Link, cause: Error | null): void;
}

/** A target with what all its connections share. */
export interface Endpoint {
  readonly target: Target;
  /** Address of the target's host: asked for once, not for each of 10,000 connections. */
  readonly address: string;
  readonly tls: TlsFiles | null;
}

export function openLink(endpoint: Endpoint, owner: LinkOwner): Link {
  const isWebSocket = endpoint.target.transport === 'ws' || endpoint.target.transport === 'wss';
  return isWebSocket ? openWebSocket(endpoint, owner) : openSocket(endpoint, owner);
}
