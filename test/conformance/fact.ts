/**
 * A fact about AWS Lambda's event source mappings and execution model, and the test that Millrace behaves so.
 *
 * The files of this folder declare facts and do nothing else when they are loaded (no hooks, no `describe`): the
 * table docs/conformance.md is made by loading them all without running them (see `document.test.ts`).
 */

/**
 * Where a fact is known from. B: the service model of the AWS SDK. D: AWS's documentation. G: AWS's Lambda guide on
 * GitHub. L: recorded against the real service by LocalStack. O: read or run in osls, which packages serverless.yml.
 */
export type FactSource = 'B' | 'D' | 'G' | 'L' | 'O';

export interface Fact {
  /** Short and unique; never changes, other documents refer to it. */
  readonly id: string;
  /** The setting or the part of the service, as AWS calls it. */
  readonly property: string;
  /** What AWS does, one sentence. */
  readonly behaviour: string;
  readonly source: FactSource;
  /** What Millrace does otherwise, and why; the test holds it to that. */
  readonly difference?: string;
}

export interface FiledFact extends Fact {
  /** Name of the test file. */
  readonly file: string;
}

interface Collection {
  file: string;
  readonly facts: FiledFact[];
}

/** On the global object: each test file has its own copy of this module. */
const holder = globalThis as { millraceFacts?: Collection };

/** Declares a fact and its test. */
export function fact(fact: Fact, body: () => void | Promise<void>): void {
  const collection = holder.millraceFacts;
  if (collection !== undefined) collection.facts.push({ ...fact, file: collection.file });
  else test(`${fact.property}: ${fact.behaviour} [${fact.id}]`, async () => body());
}

/** The facts of these modules, in order, without running them. */
export async function collectFacts(
  files: readonly string[],
  load: (file: string) => Promise<unknown>,
): Promise<FiledFact[]> {
  const collection: Collection = { file: '', facts: [] };
  holder.millraceFacts = collection;
  try {
    for (const file of files) {
      collection.file = file;
      await load(file);
    }
  } finally {
    delete holder.millraceFacts;
  }
  return collection.facts;
}
