/**
 * One connection to the backend as a driver sees it, whatever the protocol: publishes go in, and what becomes of them
 * comes out. Channels keep no clock and count nothing; the loop that owns them does.
 */
import type { MillraceError } from '../../common/errors.js';
import type { Publish } from '../plan/action.js';

/** One publish on its way. */
export interface Delivery {
  readonly device: number;
  readonly publish: Publish;
  /** Epoch ms at which it should have gone out. */
  due: number;
  /** Epoch ms of the first write; 0 before. */
  sentAt: number;
  /** It could not be sent in its time, and that was told. */
  isLate: boolean;
  /** MQTT, QoS 2: the server has it (PUBREC), what is left is to let go of its message id. */
  isReleased: boolean;
}

export interface Channel {
  /** From 0: index of its device, or number of the connection when devices share them. */
  readonly number: number;
  readonly isOpen: boolean;
  /** Nothing is under way that could still be sent or acknowledged. */
  readonly isSettled: boolean;
  /** Sent and not acknowledged. */
  readonly inFlight: number;
  /** Could not be sent yet. */
  readonly waiting: number;
  /** Whether the system takes more bytes without their piling up here. */
  readonly hasRoom: boolean;
  /** Connects, and after a loss connects again and again until `close` or `end`. */
  open(now: number): void;
  /** As the plan wants it. What is unacknowledged is sent again after the next `open`. */
  close(how: 'clean' | 'drop', now: number): void;
  /** Takes a publish for the next `flush`, keeps it for later or tells that it is unsent. */
  offer(delivery: Delivery): void;
  /** Writes what was offered, in one piece. */
  flush(): void;
  /** To be called about once a second: keepalive and time limits. */
  check(now: number): void;
  /** Disconnects for good; resolves when the system has let go of the connection, a second later at most. */
  end(): Promise<void>;
}

/** What channels tell; called from within socket callbacks and `offer`, `flush`, `open` and `close`. */
export interface ChannelEvents {
  opened(channel: Channel, tookMs: number): void;
  /** @param reason null: as the plan wanted it */
  closed(channel: Channel, reason: string | null): void;
  /** An attempt to connect failed. */
  failed(channel: Channel, error: MillraceError): void;
  sent(delivery: Delivery, at: number): void;
  /** Sent again after a lost connection. */
  resent(delivery: Delivery): void;
  acknowledged(delivery: Delivery, at: number): void;
  /** The backend does not want it; it is not sent again. */
  refused(delivery: Delivery, reason: string): void;
  /** It cannot be sent now. @returns whether the channel may keep it for later */
  unsent(delivery: Delivery, reason: string): boolean;
  /** Something kept was sent at last, or given up. */
  unkept(): void;
  /** There may be room for more: connected, acknowledged or drained. */
  room(channel: Channel): void;
}

export const NOT_CONNECTED = 'not connected';
export const SOCKET_FULL = 'the backend takes no more bytes';
export const WINDOW_FULL = 'too many unacknowledged';
export const TOO_MANY_WAITING = 'too many waiting';
