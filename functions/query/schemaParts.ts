/** The few building blocks that the answers' JSON Schemas are made of. */
import type { JsonSchema } from './parameters.js';

const described = (schema: JsonSchema, description?: string): JsonSchema =>
  description === undefined ? schema : { ...schema, description };

export const text = (description?: string) => described({ type: 'string' }, description);
export const count = (description?: string) => described({ type: 'integer', minimum: 0 }, description);
export const figure = (description?: string) => described({ type: ['number', 'null'] }, description);
export const time = (description?: string) =>
  described({ type: 'string', format: 'date-time', pattern: 'Z$' }, description);
export const offset = (description?: string) =>
  described({ type: 'string', pattern: '^[0-9]+$' }, description);
export const nullable = (schema: JsonSchema): JsonSchema => ({ ...schema, type: [schema.type, 'null'] });
/** Of a reference, which has no type of its own to add null to. */
export const orNull = (schema: JsonSchema): JsonSchema => ({ oneOf: [schema, { type: 'null' }] });
export const ref = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` });
export const arrayOf = (items: JsonSchema): JsonSchema => ({ type: 'array', items });
export const mapOf = (values: JsonSchema): JsonSchema => ({ type: 'object', additionalProperties: values });

/** A closed object; every member is there unless `required` names fewer. */
export function object(
  properties: Readonly<Record<string, JsonSchema>>,
  required: readonly string[] = Object.keys(properties),
): JsonSchema {
  return { type: 'object', properties, required, additionalProperties: false };
}

export function pageOf(name: string): JsonSchema {
  return object({
    items: arrayOf(ref(name)),
    next: nullable(text('`cursor` of the next page; null on the last.')),
  });
}

export const position = {
  partition: count(),
  offset: offset('Of the last record that this contains; a decimal string.'),
};
