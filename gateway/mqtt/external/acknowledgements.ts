/**
 * Acknowledgements of one connection, in the order in which the messages came (MQTT 3.1.1, 4.6; MQTT 5.0, 4.6), while
 * the stream finishes them in any order. Those that are due together go out in one write.
 *
 * They belong to their connection: on the next one the broker sends again what it has no acknowledgement for, and by
 * then a packet id may stand for another message. So nothing is written after `end`.
 */
export const PUBACK = 4;
export const PUBREC = 5;
export const PUBCOMP = 7;

/** A message that is to be acknowledged; what `take` returns. */
export interface Owed {
  readonly kind: typeof PUBACK | typeof PUBREC;
  readonly packetId: number;
  isDue: boolean;
}

export class Acknowledgements {
  readonly #write: (bytes: Buffer) => void;
  #owed: Owed[] = [];
  #head = 0;
  #bytes: number[] = [];
  #isScheduled = false;
  #hasEnded = false;

  constructor(write: (bytes: Buffer) => void) {
    this.#write = write;
  }

  /** Messages that were taken and are not acknowledged. */
  get waiting(): number {
    return this.#owed.length - this.#head;
  }

  /** Keeps a place in the order. */
  take(kind: Owed['kind'], packetId: number): Owed {
    const owed = { kind, packetId, isDue: false };
    this.#owed.push(owed);
    return owed;
  }

  /** The message is durable: it is acknowledged as soon as all before it are. */
  settle(owed: Owed): void {
    owed.isDue = true;
    while (this.#head < this.#owed.length && this.#owed[this.#head]!.isDue) {
      const { kind, packetId } = this.#owed[this.#head++]!;
      this.#add(kind, packetId);
    }
    if (this.#head === this.#owed.length) {
      this.#owed = [];
      this.#head = 0;
    } else if (this.#head > 1_024 && this.#head * 2 > this.#owed.length) {
      this.#owed.splice(0, this.#head);
      this.#head = 0;
    }
  }

  /** The end of a QoS 2 exchange; it waits for nobody. */
  complete(packetId: number): void {
    this.#add(PUBCOMP, packetId);
  }

  end(): void {
    this.#hasEnded = true;
    this.#bytes = [];
  }

  #add(kind: number, packetId: number): void {
    if (this.#hasEnded) return;
    // Without a reason code, which in MQTT 5 means success.
    this.#bytes.push(kind << 4, 2, packetId >> 8, packetId & 0xff);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      if (this.#bytes.length === 0) return;
      this.#write(Buffer.from(this.#bytes));
      this.#bytes = [];
    });
  }
}
