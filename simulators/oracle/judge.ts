/** What the backend's schemas say of a payload: the oracle's own reading of `schemas/types/*.json`. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Judge } from '../plan/payload.js';

/** @param folder the project's `schemas/` */
export function schemaJudge(folder: string): Judge {
  const ajv = new Ajv2020({ strict: false });
  const types = join(folder, 'types');
  const validators = new Map(
    readdirSync(types)
      .filter((file) => file.endsWith('.json'))
      .map((file) => {
        const { $schema: _, ...schema } = JSON.parse(readFileSync(join(types, file), 'utf8')) as object & {
          $schema?: unknown;
        };
        return [file.replace('.json', ''), ajv.compile(schema)];
      }),
  );
  return (type, body) => {
    const validate = validators.get(type);
    if (validate === undefined) return 'DEVICE_TYPE_UNKNOWN';
    return validate(body) ? 'valid' : 'SCHEMA';
  };
}

/** For backends that have no schemas: everything that can be read is good. */
export const lenientJudge: Judge = () => 'valid';
