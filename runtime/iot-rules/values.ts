/**
 * Values of AWS IoT SQL and how they turn into each other. JSON's values are JavaScript's own; `undefined` is the
 * language's Undefined: what is not there, and what an operation on the wrong types gives.
 *
 * Whole numbers are Ints, as in SQL version 2016-03-23. Numbers are IEEE doubles here, where AWS calculates with 34
 * digits. Source: AWS IoT developer guide, "Data types" and "Operators".
 */
export type Value =
  | undefined
  | null
  | boolean
  | number
  | string
  | readonly Value[]
  | { readonly [key: string]: Value };

export function isArray(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

export function isObject(value: Value): value is { readonly [key: string]: Value } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Int and Decimal as they are, a String that reads as a number; else undefined. */
export function toDecimal(value: Value): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || !/^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*$/i.test(value))
    return undefined;
  return finite(Number(value));
}

/** A Boolean, or the String "true" or "false" in any case; else undefined. */
export function toBoolean(value: Value): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (typeof value !== 'string') return undefined;
  const text = value.toLowerCase();
  return text === 'true' ? true : text === 'false' ? false : undefined;
}

/** Null and Undefined have no text. */
export function toText(value: Value): string | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** What no number of JSON can be is Undefined: the square root of -1, a division by zero. */
export function finite(number: number): number | undefined {
  return Number.isFinite(number) ? number : undefined;
}

/** `=`: Undefined when one side is; values of different types are not equal. */
export function equal(left: Value, right: Value): boolean | undefined {
  if (left === undefined || right === undefined) return undefined;
  return same(left, right);
}

function same(left: Value, right: Value): boolean {
  if (isArray(left) && isArray(right)) {
    return left.length === right.length && left.every((value, index) => same(value, right[index]));
  }
  if (isObject(left) && isObject(right)) {
    const keys = Object.keys(left);
    return (
      keys.length === Object.keys(right).length &&
      keys.every((key) => Object.hasOwn(right, key) && same(left[key], right[key]))
    );
  }
  return left === right;
}
