/**
 * The device types of a deployment: every `types/<type>.json` in the schema folder, compiled once at start.
 *
 * A file is a JSON Schema of draft 2020-12, or of draft-07 when its `$schema` says so. Unknown keywords are errors:
 * a misspelt `requird` would otherwise let everything through.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ErrorObject, type Options, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { codeOf, MillraceError, messageOf } from '../common/errors.js';
import { jsonErrorAt, lineAndColumn } from './json-place.js';

export interface SchemaRegistry {
  /** Names of the device types, sorted. */
  readonly types: readonly string[];
  /** The compiled validator of a type, or undefined when there is none. */
  validator(type: string): ValidateFunction | undefined;
}

const OPTIONS: Options = {
  strictSchema: true,
  // Stricter than the standard about style alone, on the console at that.
  strictTypes: false,
  strictTuples: false,
  strictRequired: false,
  // `1e999` parses to Infinity, which is a number to JavaScript and to no one else.
  strictNumbers: true,
  // Quarantine shows the first reason; collecting all of them would let one event cost a thousand errors.
  allErrors: false,
};

/** A problem with one schema file, in words that name the place. */
class SchemaProblem extends Error {}

/**
 * Compiles all schemas below `folder` (the project's `schemas/`). Throws `SCHEMA_INVALID`, naming every broken file
 * and the place in it, or that there are none.
 */
export function loadSchemas(folder: string): SchemaRegistry {
  const types = join(folder, 'types');
  const validators = new Map<string, ValidateFunction>();
  const problems: string[] = [];
  const compile = compiler();
  for (const file of listSchemas(types)) {
    const path = join(types, file);
    try {
      validators.set(file.slice(0, -'.json'.length), compile(readSchema(path)));
    } catch (error) {
      problems.push(`${path}: ${messageOf(error)}`);
    }
  }
  if (validators.size === 0 && problems.length === 0)
    problems.push(`${types}: no schema (<type>.json) in it`);
  if (problems.length > 0) {
    throw new MillraceError(`broken device type schema: ${problems.join('; ')}`, {
      code: 'SCHEMA_INVALID',
      hint: 'Each file types/<type>.json is a JSON Schema, draft 2020-12 or draft-07.',
    });
  }
  return {
    types: [...validators.keys()],
    validator: (type) => validators.get(type),
  };
}

/** The types that have a schema below `folder`, sorted, without reading any; none when there is no such folder. */
export function typeNames(folder: string): readonly string[] {
  const types = join(folder, 'types');
  return existsSync(types) ? listSchemas(types).map((file) => file.slice(0, -'.json'.length)) : [];
}

function listSchemas(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.json') && !name.startsWith('.'))
      .sort();
  } catch (error) {
    throw new MillraceError(`cannot read the schema folder ${folder}: ${messageOf(error)}`, {
      code: 'SCHEMA_INVALID',
      hint:
        codeOf(error) === 'ENOENT' ? 'Make the folder and put one <type>.json per device type in it.' : '',
      cause: error,
    });
  }
}

function readSchema(path: string): object {
  const text = readFileSync(path, 'utf8');
  const errorAt = jsonErrorAt(text);
  if (errorAt !== -1) {
    const { line, column } = lineAndColumn(text, errorAt);
    throw new SchemaProblem(`not JSON at line ${line}, column ${column}`);
  }
  const schema: unknown = JSON.parse(text);
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) {
    throw new SchemaProblem('a schema is a JSON object');
  }
  return schema;
}

/** Compiles with one ajv per draft, made when first needed. */
function compiler(): (schema: object) => ValidateFunction {
  const made = new Map<typeof Ajv | typeof Ajv2020, Ajv>();
  const ajvOf = (Draft: typeof Ajv | typeof Ajv2020): Ajv => {
    let ajv = made.get(Draft);
    if (ajv === undefined) {
      ajv = new Draft(OPTIONS);
      formats.default(ajv);
      made.set(Draft, ajv);
    }
    return ajv;
  };
  return (schema) => {
    const dialect = '$schema' in schema ? schema.$schema : undefined;
    const ajv = ajvOf(typeof dialect === 'string' && dialect.includes('draft-07') ? Ajv : Ajv2020);
    if (ajv.validateSchema(schema) !== true) {
      throw new SchemaProblem((ajv.errors ?? []).slice(0, 3).map(place).join(', ') || 'not a JSON Schema');
    }
    return ajv.compile(schema);
  };
}

function place(error: ErrorObject): string {
  return `at ${error.instancePath || '/'}: ${error.message ?? error.keyword}`;
}
