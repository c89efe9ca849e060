/**
 * Inhibition: while a source fires, targets with equal labels are kept back. As in Alertmanager (inhibit/inhibit.go): what
 * matches both sides of a rule is not inhibited by what does so, too, so that an alert never inhibits itself.
 */
import type { Alert } from '../../stores/alerts.js';
import { labelOf, type Test, testOf } from './config/matchers.js';
import type { InhibitRule } from './config/types.js';
import type { Member } from './groups.js';
import { type Labels, labelsOf } from './labels.js';

interface Source {
  readonly fingerprint: string;
  readonly isTargetToo: boolean;
}

class Rule {
  readonly #source: Test;
  readonly #target: Test;
  readonly #equal: readonly string[];
  /** Values of the equal labels -> what fires, by fingerprint. */
  readonly #sources = new Map<string, Map<string, Source>>();

  constructor({ sourceMatchers, targetMatchers, equal }: InhibitRule) {
    this.#source = testOf(sourceMatchers);
    this.#target = testOf(targetMatchers);
    this.#equal = equal;
  }

  note(fingerprint: string, labels: Labels, fires: boolean): void {
    if (!this.#source(labels)) return;
    const key = this.#keyOf(labels);
    const sources = this.#sources.get(key) ?? new Map<string, Source>();
    if (fires) sources.set(fingerprint, { fingerprint, isTargetToo: this.#target(labels) });
    else sources.delete(fingerprint);
    if (sources.size > 0) this.#sources.set(key, sources);
    else this.#sources.delete(key);
  }

  inhibits(labels: Labels): boolean {
    if (this.#sources.size === 0 || !this.#target(labels)) return false;
    const sources = this.#sources.get(this.#keyOf(labels));
    if (sources === undefined) return false;
    if (!this.#source(labels)) return true;
    for (const { isTargetToo } of sources.values()) if (!isTargetToo) return true;
    return false;
  }

  #keyOf(labels: Labels): string {
    return JSON.stringify(this.#equal.map((name) => labelOf(labels, name)));
  }
}

/** What fires now of what inhibits. */
export class Inhibition {
  readonly #rules: readonly Rule[];

  constructor(rules: readonly InhibitRule[]) {
    this.#rules = rules.map((rule) => new Rule(rule));
  }

  get isUsed(): boolean {
    return this.#rules.length > 0;
  }

  note(alert: Parameters<typeof labelsOf>[0] & Pick<Alert, 'fingerprint' | 'state'>): void {
    if (!this.isUsed) return;
    const labels = labelsOf(alert);
    for (const rule of this.#rules) rule.note(alert.fingerprint, labels, alert.state === 'firing');
  }

  of({ alert }: Member): boolean {
    if (!this.isUsed) return false;
    const labels = labelsOf(alert);
    return this.#rules.some((rule) => rule.inhibits(labels));
  }
}
