/** The ajv keyword `unit` of scenario files: see `schema.ts`. */
import { Ajv, type ValidateFunction } from 'ajv';
import { durationMs, epochMs } from '../../common/units.js';

/** Undefined: not one. */
type Convert = (value: unknown) => unknown;

const CONVERT: Readonly<Record<string, Convert>> = {
  duration: signedDuration,
  share,
  range: (value) => pair(value, (one) => (typeof one === 'number' && Number.isFinite(one) ? one : undefined)),
  durations: (value) => pair(value, signedDuration),
  moment: (value) => (value === 'now' || value === null ? null : epochMs(value)),
};
const EXAMPLE: Readonly<Record<string, string>> = {
  duration: 'a duration such as 500ms, 10s or 1h30m',
  share: 'a share such as 5% or 0.05',
  range: 'a number, or a range such as [18, 24]',
  durations: 'a duration such as 2s, or a range such as [100ms, 2s]',
  moment: 'now, or a date such as 2026-01-01T00:00:00Z',
};

function signedDuration(value: unknown): number | undefined {
  if (typeof value !== 'string' || !value.startsWith('-')) return durationMs(value);
  const ms = durationMs(value.slice(1));
  return ms === undefined ? undefined : -ms;
}

function share(value: unknown): number | undefined {
  const match = typeof value === 'string' ? /^(\d+(?:\.\d+)?)\s*%$/.exec(value) : null;
  const fraction = match === null ? value : Number(match[1]) / 100;
  return typeof fraction === 'number' && fraction >= 0 && fraction <= 1 ? fraction : undefined;
}

function pair(value: unknown, convert: (one: unknown) => number | undefined): unknown {
  const both = Array.isArray(value) ? value : [value, value];
  if (both.length !== 2) return undefined;
  const [low, high] = both.map(convert);
  return low === undefined || high === undefined || low > high ? undefined : [low, high];
}

/** Validates and converts in place: defaults filled in, units turned into numbers. */
export function compile(schema: object): ValidateFunction {
  const ajv = new Ajv({
    allErrors: true,
    useDefaults: true,
    strict: true,
    strictTypes: false,
    strictNumbers: false,
  });
  ajv.addKeyword({
    keyword: 'unit',
    modifying: true,
    errors: true,
    error: { message: (context) => `must be ${EXAMPLE[context.schema as string]}` },
    validate: (
      unit: string,
      value: unknown,
      _schema: unknown,
      data: { parentData: Record<string, unknown>; parentDataProperty: string | number } | undefined,
    ) => {
      const converted = CONVERT[unit]!(value);
      if (converted === undefined || data === undefined) return false;
      data.parentData[data.parentDataProperty as string] = converted;
      return true;
    },
  });
  return ajv.compile(schema);
}
