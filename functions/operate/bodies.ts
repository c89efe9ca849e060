/** Reads a request's body: JSON of a bounded size that its schema lets through, or a problem that names every place. */
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { badBody, ProblemError } from '../query/problem.js';
import { parseTime } from '../query/timestamps.js';
import { operateSchemas } from './schemas.js';

/** What operators write fits many times. */
export const MAX_BODY_BYTES = 64 * 1024;

// JSON Schema's own patterns are Unicode ones; formats are checked by the API's own parser of times.
const ajv = new Ajv2020({
  allErrors: true,
  strictTypes: false,
  allowUnionTypes: true,
  useDefaults: true,
  formats: { 'date-time': (text: string) => parseTime(text) !== undefined },
});
const validators = new Map<string, ValidateFunction>();

/** @param schema name of it in `schemas.ts`; the value comes back with its defaults filled in */
export async function readBody(request: Request, schema: string): Promise<unknown> {
  const value = parsed(await request.text());
  let validate = validators.get(schema);
  if (validate === undefined) {
    validate = ajv.compile(operateSchemas[schema]!);
    validators.set(schema, validate);
  }
  if (!validate(value)) throw badBody(errorsOf(validate.errors ?? []));
  return value;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ProblemError(400, 'JSON_SYNTAX', 'the body is not JSON');
  }
}

/** Of alternatives only that none fits is of interest. */
function errorsOf(errors: readonly ErrorObject[]) {
  const found = new Map<string, string>();
  for (const { keyword, instancePath, message, params, schemaPath } of errors) {
    if (schemaPath.includes('/oneOf/')) continue;
    const pointer =
      keyword === 'required'
        ? `${instancePath}/${params.missingProperty}`
        : keyword === 'additionalProperties'
          ? `${instancePath}/${params.additionalProperty}`
          : instancePath;
    found.set(pointer, DETAILS[keyword] ?? message ?? 'is wrong');
  }
  return [...found].map(([pointer, detail]) => ({ pointer, detail }));
}

const DETAILS: Readonly<Record<string, string>> = {
  required: 'is missing',
  additionalProperties: 'is unknown',
  oneOf: 'must be an RFC 3339 timestamp or epoch milliseconds',
  pattern: 'is not of the form that is described',
};
