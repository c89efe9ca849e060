/**
 * Filters of event source mappings: which records a function gets to see.
 *
 * A record passes when one of the patterns matches. Data fields are `data` (Kinesis), `key` and `value` (Kafka) and
 * `body` (SQS); every other field of a pattern is one of the event around the data. Data and pattern may disagree
 * about what the data is, JSON (an object pattern) or a text (a list of rules):
 *
 * - Kinesis: data that is not JSON never matches a pattern for data. A list of rules is refused.
 * - SQS: a body that is not what the pattern takes it for does not match. JSON is an object or a list here: a lone
 *   number or quoted text counts as text.
 * - Kafka: what disagrees is left out of account, the other fields of the pattern decide.
 *
 * Ticks pass every filter. A filter selects events, and a tick is none: it is how time reaches a function, and
 * windows and timers of a function with a filter have to run out like those of any other.
 */
import { MillraceError } from '../../../common/errors.js';
import { RecordKind } from '../../../streams/record.js';
import type { EventSourceKind } from '../../manifest/manifest.js';
import { matchesPattern } from './evaluate.js';
import { type FilterOrigin, metadataOf } from './metadata.js';
import { parsePattern } from './parse.js';
import type { FilterProblem, ObjectPattern, Pattern } from './pattern.js';
import { mayMatch, type Needles, needlesOf } from './precheck.js';

/** A record, as filters look at it. `value` is only read. */
export interface FilterSubject {
  readonly partition: number;
  readonly offset: bigint;
  readonly key: string;
  /** Epoch ms. */
  readonly arrivalTime: number;
  readonly value: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  readonly stream: string;
  /** What the record stands for; an event when it is not given. */
  readonly kind?: RecordKind;
}

export interface RecordFilter {
  /** One at a time: a record's parsed data is kept between the patterns, and forgotten with the next record. */
  matches(record: FilterSubject): boolean;
}

/** Lambda's limits: so many patterns with a raised quota (5 without), so many characters of JSON each. */
export const MAX_PATTERNS = 10;
export const MAX_PATTERN_LENGTH = 4096;

const dataFields: Readonly<Record<EventSourceKind, readonly string[]>> = {
  kinesis: ['data'],
  kafka: ['key', 'value'],
  sqs: ['body'],
};

const NO_ORIGIN: FilterOrigin = { arn: '', bootstrapServers: [] };

/** Everything that is wrong with the patterns; places begin with `filterPatterns[index]`. */
export function filterProblems(patterns: readonly unknown[], source: EventSourceKind): FilterProblem[] {
  return check(patterns, source).problems;
}

/**
 * The filter of these patterns, or null when there are none and every record passes.
 *
 * @param origin for patterns that select by the event's ARN, region or servers
 * @throws MillraceError `FILTER_INVALID`, naming each place that is wrong
 */
export function compileFilter(
  patterns: readonly unknown[],
  source: EventSourceKind,
  origin: FilterOrigin = NO_ORIGIN,
): RecordFilter | null {
  const { compiled, problems } = check(patterns, source);
  if (problems.length > 0) {
    throw new MillraceError(problems.map(({ path, reason }) => `${path}: ${reason}`).join('\n'), {
      code: 'FILTER_INVALID',
      hint: 'Correct the filterPatterns of the event source mapping.',
    });
  }
  if (compiled.length === 0) return null;
  const view = new RecordView(source, origin);
  const prepared = compiled.map((pattern) => ({ pattern, needles: dataNeedles(pattern, source) }));
  return {
    matches(record) {
      if (record.kind === RecordKind.tick) return true;
      view.show(record);
      for (const { pattern, needles } of prepared) {
        if (mayMatch(record.value, needles) && matchesRecord(pattern, view)) return true;
      }
      return false;
    },
  };
}

function check(patterns: readonly unknown[], source: EventSourceKind) {
  const problems: FilterProblem[] = [];
  const report = (path: string, reason: string) => problems.push({ path, reason });
  if (patterns.length > MAX_PATTERNS) {
    report('filterPatterns', `at most ${MAX_PATTERNS} patterns (5 before AWS has raised the quota)`);
  }
  const compiled = patterns.map((pattern, index) => {
    const path = `filterPatterns[${index}]`;
    if ((JSON.stringify(pattern)?.length ?? 0) > MAX_PATTERN_LENGTH) {
      report(path, `longer than ${MAX_PATTERN_LENGTH} characters`);
    }
    const parsed = parsePattern(pattern, path, report);
    if (source === 'kinesis') refuseTextPatterns(parsed, path, report);
    return parsed;
  });
  return { compiled, problems };
}

function refuseTextPatterns(
  pattern: ObjectPattern,
  path: string,
  report: (path: string, why: string) => void,
) {
  for (const [name, inner] of pattern.fields) {
    if (name === 'data' && inner.kind === 'leaf') {
      report(
        `${path}.data`,
        'data of Kinesis is matched by an object: a list of rules would be for plain text',
      );
    }
  }
  for (const alternatives of pattern.alternatives) {
    for (const [index, one] of alternatives.entries())
      refuseTextPatterns(one, `${path}.$or[${index}]`, report);
  }
}

/** Kafka's data may be left out of account, so nothing follows from what it does not contain. */
function dataNeedles(pattern: ObjectPattern, source: EventSourceKind): Needles {
  const field = pattern.fields.find(([name]) => dataFields[source].includes(name));
  return source === 'kafka' || field === undefined || field[1].kind === 'leaf' ? [] : needlesOf(field[1]);
}

function matchesRecord(pattern: ObjectPattern, view: RecordView): boolean {
  return (
    pattern.fields.every(([name, inner]) => view.matches(name, inner)) &&
    pattern.alternatives.every((alternatives) => alternatives.some((one) => matchesRecord(one, view)))
  );
}

/** One record after the other; JSON is parsed when a pattern asks for it, and once. */
class RecordView {
  #record!: FilterSubject;
  readonly #data = new ParsedText();
  readonly #key = new ParsedText();
  readonly #source: EventSourceKind;
  readonly #origin: FilterOrigin;

  constructor(source: EventSourceKind, origin: FilterOrigin) {
    this.#source = source;
    this.#origin = origin;
  }

  show(record: FilterSubject): void {
    this.#record = record;
    this.#data.reset();
    this.#key.reset();
  }

  matches(name: string, pattern: Pattern): boolean {
    const record = this.#record;
    // A Kafka record without a key has no such field.
    if (name === 'key' && record.key === '') return matchesPattern(pattern, undefined);
    if (!dataFields[this.#source].includes(name)) {
      return matchesPattern(pattern, metadataOf(this.#source, name, record, this.#origin));
    }
    const text =
      name === 'key' ? this.#key.of(() => record.key) : this.#data.of(() => record.value.toString('utf8'));
    const scalarsAreJson = this.#source === 'kinesis';
    const isJson = text.isJson && (scalarsAreJson || (typeof text.json === 'object' && text.json !== null));
    if (isJson !== (pattern.kind === 'object')) return this.#source === 'kafka';
    return matchesPattern(pattern, isJson ? text.json : text.text);
  }
}

class ParsedText {
  text = '';
  json: unknown;
  isJson = false;
  #isRead = false;

  reset(): void {
    this.#isRead = false;
    this.json = undefined;
  }

  of(read: () => string): this {
    if (this.#isRead) return this;
    this.#isRead = true;
    this.text = read();
    try {
      this.json = JSON.parse(this.text);
      this.isJson = true;
    } catch {
      // Not JSON: an ordinary case, which each source has a rule for.
      this.isJson = false;
    }
    return this;
  }
}
