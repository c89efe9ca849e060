/** What sends one notification to one target. */
import type { Target } from '../../dispatch/config/types.js';
import type { NotificationDocument } from '../../dispatch/document.js';
import type { Outcome } from '../outcome.js';

export interface Attempting {
  /** Aborted when the attempt has taken long enough. */
  readonly signal: AbortSignal;
  /** Epoch ms. */
  readonly now: number;
  /** Makes a text fit for logs: one line, cut, without the target's secrets. */
  readonly publicText: (text: string) => string;
}

/** Resolves when it is known what became of it, or nothing can be known any more; rejects with what it cannot judge. */
export type Send<T extends Target = Target> = (
  document: NotificationDocument,
  target: T,
  attempting: Attempting,
) => Promise<Outcome>;
