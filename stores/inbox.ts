/**
 * How the two halves of the way from `notify` to the receivers see each other in one kind of store: `dispatch` reads
 * what `notify` put into the inbox, and the inbox may forget what `dispatch` has read.
 */
import type { InboxEntry, NotificationStore } from './notifications.js';

export interface Inbox {
  /** Entries after this sequence, in order. */
  inbox(after: bigint, limit: number): Promise<readonly InboxEntry[]>;
}

/** Last inbox sequence that was dispatched. */
export type Dispatched = () => Promise<bigint>;

export type NotificationStoreWithInbox = NotificationStore & Inbox;
