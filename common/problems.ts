/**
 * Problems in a YAML file that people write (serverless.yml, a scenario): collecting all of them, naming each place as a
 * reader of the file would, and turning what ajv says into sentences.
 */
import type { ErrorObject } from 'ajv';

/** Keys and indexes from the file's top: `['functions', 'alert', 'events', 0]`. */
export type PathKeys = readonly (string | number)[];

export interface Problem {
  /** Where in the file: `functions.alert.events[0].stream.batchSize`; of another file `file:line`. */
  readonly path: string;
  readonly reason: string;
}

export class Problems {
  readonly list: Problem[] = [];

  add(path: PathKeys, reason: string): void {
    this.list.push({ path: pathOf(path), reason });
  }

  /** Of another file. @param place `file:line` */
  addAt(place: string, reason: string): void {
    this.list.push({ path: place, reason });
  }

  /** Takes ajv's errors over, those of branches that only repeat what a `oneOf` above them says left out. */
  addSchemaErrors(at: PathKeys, errors: readonly ErrorObject[], known: KnownKeys): void {
    for (const error of errors) {
      const path = [...at, ...pointerKeys(error.instancePath)];
      if (error.keyword === 'additionalProperties') {
        const key = String(error.params.additionalProperty);
        this.add([...path, key], `unknown setting${suggestion(key, known(error.schemaPath))}`);
      } else {
        this.add(path, sentence(error));
      }
    }
  }
}

/** Which keys a schema location allows, given the `schemaPath` of an error. */
export type KnownKeys = (schemaPath: string) => readonly string[];

/** `functions.alert.events[0].stream`; keys that are not plain names are quoted. */
export function pathOf(keys: PathKeys): string {
  let path = '';
  for (const key of keys) {
    if (typeof key === 'number' || /^\d+$/.test(key)) path += `[${key}]`;
    else if (/^[\w$-]+$/.test(key)) path += path === '' ? key : `.${key}`;
    else path += `[${JSON.stringify(key)}]`;
  }
  return path;
}

function pointerKeys(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function sentence(error: ErrorObject): string {
  const { params } = error;
  if (error.keyword === 'enum') return `must be one of ${(params.allowedValues as unknown[]).join(', ')}`;
  if (error.keyword === 'const') return `must be ${JSON.stringify(params.allowedValue)}`;
  if (error.keyword === 'required') return `misses ${JSON.stringify(params.missingProperty)}`;
  if (error.keyword === 'type') return `must be of type ${[params.type].flat().join(' or ')}`;
  return error.message ?? error.keyword;
}

/** `; did you mean "batchSize"?` when one of the candidates is near, else what there is to choose from. */
export function suggestion(word: string, candidates: readonly string[]): string {
  const near = candidates
    .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)[0];
  if (near !== undefined && near.distance <= Math.max(2, Math.floor(word.length / 3))) {
    return `; did you mean "${near.candidate}"?`;
  }
  return candidates.length === 0 ? '' : `; known are ${candidates.join(', ')}`;
}

/** Levenshtein distance, by rows. */
export function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(previous[j]! + 1, row[j - 1]! + 1, substitution));
    }
    previous = row;
  }
  return previous[b.length]!;
}
