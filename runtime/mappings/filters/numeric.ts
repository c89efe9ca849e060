/**
 * The operator `numeric`: `["=", 5]`, `["<", 10]`, `[">", 0]` or a range `[">", 0, "<=", 5]`, lower bound first.
 *
 * Numbers beyond five thousand million either way are out of its reach, as in EventBridge: a pattern must not have
 * them, and no event with one matches.
 */
import type { Report, ValueTest } from './pattern.js';

export const LARGEST_NUMBER = 5e9;

const never: ValueTest = () => false;
const inReach = (value: number) => Math.abs(value) <= LARGEST_NUMBER;

const comparisons: Readonly<Record<string, (value: number, bound: number) => boolean>> = {
  '=': (value, bound) => value === bound,
  '<': (value, bound) => value < bound,
  '<=': (value, bound) => value <= bound,
  '>': (value, bound) => value > bound,
  '>=': (value, bound) => value >= bound,
};

export function numericTest(operand: unknown, path: string, report: Report): ValueTest {
  if (!Array.isArray(operand)) return refuse(path, 'numeric takes a list: [comparison, number, …]');
  const terms = operand as readonly unknown[];
  const parts: { compare: (value: number, bound: number) => boolean; symbol: string; bound: number }[] = [];
  for (let index = 0; index < terms.length || index === 0; index += 2) {
    const symbol = terms[index];
    const compare =
      typeof symbol === 'string' && Object.hasOwn(comparisons, symbol) ? comparisons[symbol] : undefined;
    if (compare === undefined) return refuse(`${path}[${index}]`, 'a comparison is one of =, <, <=, >, >=');
    const bound = terms[index + 1];
    if (typeof bound !== 'number') return refuse(`${path}[${index + 1}]`, 'here comes a number');
    if (!inReach(bound)) return refuse(`${path}[${index + 1}]`, 'a number is between -5.0e9 and 5.0e9');
    parts.push({ compare, symbol: symbol as string, bound });
  }
  const [first, second] = parts;
  if (second !== undefined) {
    if (parts.length > 2 || !first!.symbol.startsWith('>') || !second.symbol.startsWith('<')) {
      return refuse(`${path}[2]`, 'only a range has two comparisons: > or >= first, then < or <=');
    }
    if (first!.bound >= second.bound) return refuse(`${path}[3]`, 'the upper bound is above the lower one');
    return (value) =>
      typeof value === 'number' &&
      inReach(value) &&
      first!.compare(value, first!.bound) &&
      second.compare(value, second.bound);
  }
  return (value) => typeof value === 'number' && inReach(value) && first!.compare(value, first!.bound);

  function refuse(place: string, reason: string): ValueTest {
    report(place, reason);
    return never;
  }
}
