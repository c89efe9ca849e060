/**
 * What a coordinator and its driving processes tell one another (structured clones). Publishes do not travel: both
 * sides make the same plan, so a device and a number name one. Observations come in batches, five numbers each.
 */

import type { Publish } from '../plan/action.js';
import type { Scenario } from '../scenario/scenario.js';
import type { DriveObserver, DriveOptions, DriveSummary } from './driver.js';

/** All of `DriveOptions` that can be told to another process; the plan is made of scenario and start. */
export interface ProcessTask extends Omit<DriveOptions, 'plan' | 'signal'> {
  readonly scenario: Scenario;
  /** Epoch ms of scenario time 0. */
  readonly start: number;
}

export type ToProcess = { readonly kind: 'run'; readonly task: ProcessTask } | { readonly kind: 'stop' };

export interface Batch {
  readonly kind: 'batch';
  /** Records of five: what, device, number of the publish (or of the text), two more. */
  readonly numbers: Float64Array;
  readonly texts: readonly string[];
}

export type FromProcess =
  | Batch
  | { readonly kind: 'done'; readonly summary: DriveSummary }
  | {
      readonly kind: 'failed';
      readonly message: string;
      readonly code: string;
      readonly canRetry: boolean;
      readonly hint: string | undefined;
    };

/** A publish that knows its place among its device's publishes, from 0. */
export interface NumberedPublish extends Publish {
  readonly place: number;
}

const SENT = 0;
const ACKNOWLEDGED = 1;
const UNSENT = 2;
const CONNECTED = 3;
const DISCONNECTED = 4;
const ERROR = 5;
const RECORD = 5;
const RECORDS_PER_BATCH = 4_096;
/** A disconnect that was wanted has no reason. */
const NO_TEXT = -1;

/** Collects what a driver observes; `flush` hands it on, and a full batch goes by itself. */
export class BatchingObserver implements DriveObserver {
  readonly #send: (batch: Batch) => void;
  #numbers = new Float64Array(RECORDS_PER_BATCH * RECORD);
  #length = 0;
  readonly #texts: string[] = [];

  constructor(send: (batch: Batch) => void) {
    this.#send = send;
  }

  sent(device: number, publish: Publish, due: number, sentAt: number): void {
    this.#add(SENT, device, placeOf(publish), due, sentAt);
  }

  acknowledged(device: number, publish: Publish, at: number): void {
    this.#add(ACKNOWLEDGED, device, placeOf(publish), at, 0);
  }

  unsent(device: number, publish: Publish, reason: string): void {
    this.#add(UNSENT, device, placeOf(publish), this.#text(reason), 0);
  }

  connected(device: number, tookMs: number): void {
    this.#add(CONNECTED, device, 0, tookMs, 0);
  }

  disconnected(device: number, reason: string | null): void {
    this.#add(DISCONNECTED, device, 0, reason === null ? NO_TEXT : this.#text(reason), 0);
  }

  error(message: string): void {
    this.#add(ERROR, 0, 0, this.#text(message), 0);
  }

  flush(): void {
    if (this.#length === 0) return;
    this.#send({ kind: 'batch', numbers: this.#numbers.slice(0, this.#length), texts: [...this.#texts] });
    this.#length = 0;
    this.#texts.length = 0;
  }

  #add(what: number, device: number, place: number, a: number, b: number): void {
    const numbers = this.#numbers;
    const at = this.#length;
    numbers[at] = what;
    numbers[at + 1] = device;
    numbers[at + 2] = place;
    numbers[at + 3] = a;
    numbers[at + 4] = b;
    this.#length = at + RECORD;
    if (this.#length === numbers.length) this.flush();
  }

  /** Reasons come again and again: each is in a batch once. */
  #text(text: string): number {
    const known = this.#texts.indexOf(text);
    return known >= 0 ? known : this.#texts.push(text) - 1;
  }
}

function placeOf(publish: Publish): number {
  return (publish as NumberedPublish).place;
}

/** @param publishOf the publish in that place; `isLast`: it will not be asked for again */
export function replay(
  { numbers, texts }: Batch,
  publishOf: (device: number, place: number, isLast: boolean) => Publish,
  isAcknowledged: (publish: Publish) => boolean,
  observer: DriveObserver,
): void {
  for (let i = 0; i < numbers.length; i += RECORD) {
    const device = numbers[i + 1]!;
    const place = numbers[i + 2]!;
    const a = numbers[i + 3]!;
    switch (numbers[i]) {
      case SENT: {
        const publish = publishOf(device, place, false);
        if (!isAcknowledged(publish)) publishOf(device, place, true);
        observer.sent(device, publish, a, numbers[i + 4]!);
        break;
      }
      case ACKNOWLEDGED:
        observer.acknowledged(device, publishOf(device, place, true), a);
        break;
      case UNSENT: {
        const publish = publishOf(device, place, false);
        if (!isAcknowledged(publish)) publishOf(device, place, true);
        observer.unsent(device, publish, texts[a]!);
        break;
      }
      case CONNECTED:
        observer.connected(device, a);
        break;
      case DISCONNECTED:
        observer.disconnected(device, a === NO_TEXT ? null : texts[a]!);
        break;
      case ERROR:
        observer.error(texts[a]!);
    }
  }
}
