/**
 * Whether JSON matches a compiled pattern.
 *
 * Arrays stand for their elements, nested ones too: a leaf matches when one element does, and an object pattern when
 * one element matches it as a whole (fields of different elements are never put together). Only leaves count as
 * being there: an object or an empty array where a leaf is asked for is none. `exists: false` holds when no element
 * of any array on the way has such a leaf.
 */
import { isObject, type LeafPattern, type ObjectPattern, type Pattern } from './pattern.js';

type JsonObject = Readonly<Record<string, unknown>>;
const EMPTY: JsonObject = Object.freeze({});

/** @param value JSON of a top-level field; undefined when the event has none */
export function matchesPattern(pattern: Pattern, value: unknown): boolean {
  return matches(pattern, value, value);
}

function matches(pattern: Pattern, value: unknown, root: unknown): boolean {
  return pattern.kind === 'leaf' ? matchesLeaf(pattern, value, root) : matchesObject(pattern, value, root);
}

function matchesLeaf(leaf: LeafPattern, value: unknown, root: unknown): boolean {
  return anyValue(leaf, value) || (leaf.matchesAbsence && !hasLeaf(root, leaf.path, 0));
}

function anyValue(leaf: LeafPattern, value: unknown): boolean {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
      for (const test of leaf.tests) if (test(value)) return true;
      return false;
    case 'object':
      if (value === null) return leaf.tests.some((test) => test(null));
      return Array.isArray(value) && value.some((element) => anyValue(leaf, element));
    default:
      return false;
  }
}

function matchesObject(pattern: ObjectPattern, value: unknown, root: unknown): boolean {
  if (Array.isArray(value)) {
    const objects = value.flat(Number.POSITIVE_INFINITY).filter(isObject);
    if (objects.length > 0) return objects.some((object) => matchesFields(pattern, object, root));
    return matchesFields(pattern, EMPTY, root);
  }
  return matchesFields(pattern, isObject(value) ? value : EMPTY, root);
}

function matchesFields(pattern: ObjectPattern, object: JsonObject, root: unknown): boolean {
  for (const [name, inner] of pattern.fields) {
    // A name that every object inherits, e.g. `constructor`, is no field of the event.
    const value = Object.hasOwn(object, name) ? object[name] : undefined;
    if (!matches(inner, value, root)) return false;
  }
  for (const alternatives of pattern.alternatives) {
    if (!alternatives.some((alternative) => matchesFields(alternative, object, root))) return false;
  }
  return true;
}

function hasLeaf(value: unknown, path: readonly string[], at: number): boolean {
  if (Array.isArray(value)) return value.some((element) => hasLeaf(element, path, at));
  if (at === path.length) return value !== undefined && !isObject(value);
  const name = path[at]!;
  return isObject(value) && Object.hasOwn(value, name) && hasLeaf(value[name], path, at + 1);
}
