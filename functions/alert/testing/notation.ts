/**
 * Series as promtool's unit tests write them: `temperature{deviceId="d1"}`, and values in expanding notation.
 *
 *     1 2 3        as they are               1+2x3   1 3 5 7            _     nothing came
 *     5x2          5 5 5                     7-2x2   7 5 3              _x3   nothing came three times
 *     stale        the series ends here; nothing comes any more, until the next value
 *
 * Source: Prometheus, "Unit testing for rules", and the grammar of promql/parser (series descriptions).
 */

/** What is wrong with a text in this notation, in a few words. */
export class NotationProblem extends Error {}

export interface SeriesName {
  readonly metric: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** `missing`: nothing came. `stale`: the series ends. */
export type SeriesValue = number | 'missing' | 'stale';

/** A test with more values than this is a mistake, such as a count with a digit too many. */
export const MAX_VALUES = 100_000;

const NAME = /^\s*([A-Za-z_:][A-Za-z0-9_:]*)?\s*(?:\{(.*)\})?\s*$/s;
const LABEL = /\s*([A-Za-z_][A-Za-z0-9_]*)\s*=\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\s*(,|$)/gsy;
const NUMBER = String.raw`(?:\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|[iI][nN][fF]|[nN][aA][nN])`;
const ITEM = new RegExp(`^([+-]?${NUMBER})(?:([+-])(${NUMBER})x(\\d+)|x(\\d+))?$`);
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

/** Throws `NotationProblem`. */
export function parseSeries(text: string): SeriesName {
  const match = NAME.exec(text);
  if (match === null) throw new NotationProblem(`"${text}" is no series such as temperature{deviceId="d1"}`);
  const labels = labelsOf(match[2] ?? '');
  const { __name__: named, ...others } = labels;
  const metric = match[1] ?? named;
  if (metric === undefined || metric === '') throw new NotationProblem(`"${text}" names no metric`);
  return { metric, labels: others };
}

function labelsOf(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < text.length && text.slice(LABEL.lastIndex).trim() !== '') {
    const at = LABEL.lastIndex;
    const match = LABEL.exec(text);
    if (match === null) throw new NotationProblem(`labels are written name="value", not ${text.slice(at)}`);
    const [, name, quoted] = match;
    if (Object.hasOwn(labels, name!)) throw new NotationProblem(`the label ${name} is there twice`);
    labels[name!] = unquoted(quoted!);
  }
  return labels;
}

function unquoted(text: string): string {
  return text.slice(1, -1).replace(/\\(.)/gs, (_, character: string) => ESCAPES[character] ?? character);
}

/** Throws `NotationProblem`. */
export function expandValues(text: string): SeriesValue[] {
  const values: SeriesValue[] = [];
  for (const item of text.split(/\s+/).filter((one) => one !== '')) {
    for (const value of expanded(item)) {
      if (values.push(value) > MAX_VALUES) {
        throw new NotationProblem(`more than ${MAX_VALUES} values: "${item}" is too much`);
      }
    }
  }
  return values;
}

function* expanded(item: string): Generator<SeriesValue> {
  const omitted = /^_(?:x(\d+))?$/.exec(item);
  if (omitted !== null) {
    const times = omitted[1] === undefined ? 1 : Number(omitted[1]);
    for (let index = 0; index < times; index++) yield 'missing';
    return;
  }
  if (item === 'stale') {
    yield 'stale';
    return;
  }
  const match = ITEM.exec(item);
  if (match === null) {
    throw new NotationProblem(`"${item}" is no value: numbers, a+bxn, a-bxn, axn, _, _xn and stale are`);
  }
  const [, first, sign, step, steps, repeats] = match;
  const by = step === undefined ? 0 : numberOf(step) * (sign === '-' ? -1 : 1);
  let value = numberOf(first!);
  for (let left = Number(steps ?? repeats ?? 0); left >= 0; left--) {
    yield value;
    // As promtool does it: added up one by one, with the rounding that this has.
    value += by;
  }
}

function numberOf(text: string): number {
  const sign = text.startsWith('-') ? -1 : 1;
  const bare = text.replace(/^[+-]/, '').toLowerCase();
  if (bare === 'inf') return sign * Number.POSITIVE_INFINITY;
  return bare === 'nan' ? Number.NaN : sign * Number(bare);
}
