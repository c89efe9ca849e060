/**
 * What of the claimed deliveries of one target is sent, and in which order: each group in its own, and of those that
 * the target could not be told in time only what says the latest (`supersedes`).
 */
import type { Delivery, Settlement } from '../../stores/notifications.js';
import { type NotificationDocument, supersedes } from '../dispatch/document.js';

/** What waits for so long is late; before, each change is told by itself (ms). */
const LATE_MS = 60_000;

export interface Message {
  readonly delivery: Delivery;
  /** Null: it cannot be read. */
  readonly document: NotificationDocument | null;
}

export interface Order {
  /** Each in its order; the groups by their oldest. */
  readonly groups: readonly (readonly Message[])[];
  readonly superseded: readonly Settlement[];
}

/** @param claimed of one target, oldest first @param now epoch ms */
export function orderOf(claimed: readonly Delivery[], now: number): Order {
  const groups = new Map<string, Message[]>();
  for (const delivery of claimed) {
    const document = documentOf(delivery.notification);
    const key = delivery.group ?? document?.groupKey ?? '';
    const messages = groups.get(key);
    if (messages === undefined) groups.set(key, [{ delivery, document }]);
    else messages.push({ delivery, document });
  }
  const superseded: Settlement[] = [];
  const left = [...groups.values()].map((messages) =>
    messages.filter((message, index) => {
      const by = isLate(message.delivery, now) ? successor(message, messages.slice(index + 1)) : undefined;
      if (by === undefined) return true;
      superseded.push(supersededBy(message.delivery, by.delivery.id));
      return false;
    }),
  );
  return { groups: left, superseded };
}

function isLate({ attempts, createdAt }: Delivery, now: number): boolean {
  return attempts > 0 || now - createdAt >= LATE_MS;
}

/** The last of the later ones that says all of it. */
function successor({ document }: Message, later: readonly Message[]): Message | undefined {
  if (document === null) return undefined;
  return later.findLast((other) => other.document !== null && supersedes(other.document, document));
}

function supersededBy({ id, dueAt, attempts }: Delivery, by: string): Settlement {
  const lastError = `superseded by ${by}`;
  return { delivery: { id, state: 'superseded', dueAt, attempts, lastError }, attempt: null };
}

function documentOf(notification: string): NotificationDocument | null {
  let document: Partial<NotificationDocument> | null;
  try {
    document = JSON.parse(notification) as Partial<NotificationDocument> | null;
  } catch {
    return null;
  }
  const { groupKey, alerts } = document ?? {};
  return typeof groupKey === 'string' && Array.isArray(alerts) ? (document as NotificationDocument) : null;
}
