/**
 * The semantics of patterns once more, the slow and obvious way: an event with arrays stands for all the events that
 * take one element of each array, and matches when one of those does. `exists: false` alone asks the whole event.
 */
// biome-ignore-all lint/suspicious/noExplicitAny: rules as they stand in examples or come out of a generator
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
type Pattern = { readonly [name: string]: readonly unknown[] | Pattern };
type Leaves = ReadonlyMap<string, null | boolean | number | string>;

export function referenceMatches(pattern: object, event: Json): boolean {
  const choices = choicesOf(event);
  const present = new Set(choices.flatMap((leaves) => [...leaves.keys()]));
  return choices.some((leaves) => matches(pattern as Pattern, [], leaves, present));
}

/** All ways to take one element of each array; a leaf is named by the JSON of its path. */
function choicesOf(value: Json, path: readonly string[] = []): Leaves[] {
  if (Array.isArray(value)) {
    const elements = (value as readonly Json[]).flatMap((element) => choicesOf(element, path));
    return elements.length === 0 ? [new Map()] : elements;
  }
  if (typeof value === 'object' && value !== null) {
    let choices: Leaves[] = [new Map()];
    for (const [name, inner] of Object.entries(value)) {
      const innerChoices = choicesOf(inner, [...path, name]);
      choices = choices.flatMap((left) => innerChoices.map((right) => new Map([...left, ...right])));
    }
    return choices;
  }
  return [new Map([[JSON.stringify(path), value as null | boolean | number | string]])];
}

function matches(
  pattern: Pattern,
  path: readonly string[],
  leaves: Leaves,
  present: ReadonlySet<string>,
): boolean {
  return Object.entries(pattern).every(([name, inner]) => {
    if (name === '$or' && Array.isArray(inner)) {
      return (inner as unknown as Pattern[]).some((one) => matches(one, path, leaves, present));
    }
    const place = [...path, name];
    if (!Array.isArray(inner)) return matches(inner as Pattern, place, leaves, present);
    const key = JSON.stringify(place);
    return inner.some((rule) => {
      if (rule !== null && typeof rule === 'object' && rule.exists === false) return !present.has(key);
      return leaves.has(key) && ruleHolds(rule, leaves.get(key));
    });
  });
}

function ruleHolds(rule: any, value: any): boolean {
  if (rule === null || typeof rule !== 'object') return rule === value;
  const [[operator, operand]] = Object.entries<any>(rule) as [[string, any]];
  switch (operator) {
    case 'exists':
      return true;
    case 'prefix':
    case 'suffix':
    case 'equals-ignore-case':
      return typeof value === 'string' && textHolds(operator, operand, value);
    case 'numeric': {
      const [symbol, bound, ...rest] = operand;
      const isNumber = typeof value === 'number' && value >= -5e9 && value <= 5e9;
      return (
        isNumber && compare(value, symbol, bound) && (rest.length === 0 || compare(value, rest[0], rest[1]))
      );
    }
    default: {
      if (Array.isArray(operand)) return !operand.includes(value);
      if (typeof operand !== 'object') return operand !== value;
      const [[inner, texts]] = Object.entries<any>(operand) as [[string, any]];
      return ![texts].flat().some((text) => ruleHolds({ [inner]: text }, value));
    }
  }
}

function textHolds(operator: string, operand: any, value: string): boolean {
  if (typeof operand === 'object') {
    return textHolds(operator, operand['equals-ignore-case'].toUpperCase(), value.toUpperCase());
  }
  if (operator === 'prefix') return value.slice(0, operand.length) === operand;
  if (operator === 'suffix') return value.endsWith(operand);
  return value.toUpperCase() === operand.toUpperCase();
}

function compare(value: number, symbol: string, bound: number): boolean {
  const results: Record<string, boolean> = {
    '=': value === bound,
    '<': value < bound,
    '<=': value <= bound,
    '>': value > bound,
    '>=': value >= bound,
  };
  return results[symbol]!;
}
