/** One device, as aggregate knows it: its clock, its windows, how wrong its clock is, and which events it has sent. */
import type { DecodedEvent } from '../../schemas/decode.js';
import { decodeDevice, encodeDevice } from './document.js';
import { EventIds } from './event-ids.js';
import { Owner } from './owner.js';
import type { Plans } from './plan.js';
import { SeenSequences } from './sequence.js';

export class Device extends Owner {
  /** Latest event time of all, as the device said it. */
  latest = Number.NEGATIVE_INFINITY;
  /** Events whose clock was further ahead, or behind, than is taken for right; and the furthest it ever was (ms). */
  ahead = 0;
  behind = 0;
  maxAheadMs = 0;
  maxBehindMs = 0;
  duplicates = 0;
  /** Null: it does not number its events. */
  sequences: SeenSequences | null = null;
  /** Null: its events bear no ids, or numbers. */
  ids: EventIds | null = null;

  get scope(): string {
    return '';
  }

  /** Takes note of the event's number or id; true when it came before. @param idMember where its id is */
  isDuplicate({ seq, eventTime, body }: DecodedEvent, idMember: string): boolean {
    let isNew = true;
    if (seq !== undefined) {
      this.sequences ??= new SeenSequences();
      isNew = this.sequences.take(seq, eventTime > this.latest);
    } else {
      const id = body[idMember];
      if (typeof id === 'string' || typeof id === 'number') {
        this.ids ??= new EventIds();
        isNew = this.ids.take(String(id));
      }
    }
    if (!isNew) this.duplicates++;
    return !isNew;
  }

  encode(): string {
    return encodeDevice(this);
  }

  /** Throws `STATE_UNKNOWN` when another version of Millrace wrote the document. */
  static decode(deviceId: string, text: string, plans: Plans): Device {
    return decodeDevice(new Device(deviceId), text, plans);
  }
}
