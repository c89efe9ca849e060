/**
 * What operators do about alerts: acknowledge, comment, silence; and the trail of it. None of it changes what rules
 * decide, only what is notified. Every act and its entry in the trail are one transaction.
 * For the rules all stores follow see `validation.ts`.
 */
import type { Page, PageRequest } from './validation.js';

/** As Alertmanager's: a label (or `alertname`, `deviceId`, `severity`), and what it must (not) be. */
export interface Matcher {
  readonly name: string;
  readonly value: string;
  readonly isRegex: boolean;
  readonly isEqual: boolean;
}

export interface Silence {
  /** UUID */
  readonly id: string;
  /** All of them must match; at least one, and not one that matches everything. */
  readonly matchers: readonly Matcher[];
  /** Epoch ms; [startsAt, endsAt). */
  readonly startsAt: number;
  readonly endsAt: number;
  readonly author: string;
  readonly reason: string;
  readonly createdAt: number;
  /** Ended early: `endsAt` is then, too. */
  readonly expiredBy: string | null;
}

/** That somebody takes care of an alert: no repetition, no escalation. Ends when the alert resolves. */
export interface Acknowledgement {
  readonly fingerprint: string;
  /** Of the alert instance: the next one is not acknowledged. */
  readonly startsAt: number;
  readonly author: string;
  readonly comment: string;
  readonly at: number;
}

export interface Comment {
  readonly id: string;
  readonly fingerprint: string;
  readonly startsAt: number;
  readonly author: string;
  readonly text: string;
  readonly at: number;
}

export type OperatorAct =
  | { readonly act: 'acknowledge'; readonly acknowledgement: Acknowledgement }
  | {
      readonly act: 'unacknowledge';
      readonly fingerprint: string;
      readonly startsAt: number;
      readonly author: string;
      readonly at: number;
    }
  | { readonly act: 'comment'; readonly comment: Comment }
  | { readonly act: 'silence'; readonly silence: Silence }
  | { readonly act: 'expire-silence'; readonly id: string; readonly author: string; readonly at: number }
  /** Acts on other stores that belong into the trail, e.g. a redrive of dead letters. */
  | {
      readonly act: 'redrive';
      readonly author: string;
      readonly at: number;
      readonly details: Readonly<Record<string, unknown>>;
    };

export interface AuditEntry {
  /** Ascending. */
  readonly id: bigint;
  readonly at: number;
  readonly author: string;
  readonly act: OperatorAct['act'];
  /** Silence id or fingerprint; `` where there is none. */
  readonly subject: string;
  readonly details: Readonly<Record<string, unknown>>;
}

export interface OperationStore {
  /** Whether it changed anything: a silence that is over cannot expire, what is not acknowledged not be un-. */
  act(act: OperatorAct): Promise<boolean>;
  /** Silences that have not ended by `time`, those to come included. */
  silences(time: number): Promise<readonly Silence[]>;
  /** All silences, newest first. */
  allSilences(page: PageRequest): Promise<Page<Silence>>;
  silence(id: string): Promise<Silence | null>;
  acknowledgements(fingerprints: readonly string[]): Promise<readonly Acknowledgement[]>;
  comments(fingerprint: string): Promise<readonly Comment[]>;
  /** Newest first. */
  audit(page: PageRequest): Promise<Page<AuditEntry>>;
  /** Deletes silences that ended, comments, acknowledgements and trail before `time`, at most `limit`; how many. */
  trim(time: number, limit: number): Promise<number>;
  close(): Promise<void>;
}
