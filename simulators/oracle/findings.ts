/** Collects what is not as it must be: counted in full, shown by its first examples. */
import type { Finding, FindingSummary } from './verdict.js';

export const EXAMPLES = 5;

export class Findings {
  readonly #summaries = new Map<string, { count: number; readonly examples: Finding[] }>();

  add(finding: Finding): void {
    const key = `${finding.kind} ${finding.where}`;
    const summary = this.#summaries.get(key) ?? { count: 0, examples: [] };
    this.#summaries.set(key, summary);
    summary.count++;
    if (summary.examples.length < EXAMPLES) summary.examples.push(finding);
  }

  /** Counts what nobody can name: figures that only say how many. */
  addCount(finding: Finding, count: number): void {
    if (count <= 0) return;
    this.add(finding);
    this.#summaries.get(`${finding.kind} ${finding.where}`)!.count += count - 1;
  }

  list(): FindingSummary[] {
    return [...this.#summaries.values()].map(({ count, examples }) => {
      const { kind, where } = examples[0]!;
      return { kind, where, count, examples };
    });
  }
}
