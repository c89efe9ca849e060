/**
 * Somebody else's TypeScript project, written to a folder of its own: CommonJS, imports without extensions, an enum, a
 * package. Kept as text, because our own compiler's settings would refuse how it is written.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { temporaryDirectory } from './product.js';

const FILES: Readonly<Record<string, string>> = {
  'package.json': '{ "name": "somebody-elses", "dependencies": { "units-of-somebody": "1.0.0" } }',
  'node_modules/units-of-somebody/package.json': '{ "name": "units-of-somebody", "version": "1.0.0" }',
  'node_modules/units-of-somebody/index.js': "exports.label = '°C';",
  'src/convert.ts': `
export enum Unit { celsius = 'C', fahrenheit = 'F' }

export class UnknownUnit extends Error {
  override readonly name = 'UnknownUnit';
}

export function toCelsius(value: number, unit: Unit): number {
  if (unit === Unit.celsius) return value;
  if (unit === Unit.fahrenheit) return ((value - 32) * 5) / 9;
  throw new UnknownUnit(\`no such unit: \${unit as string}\`);
}
`,
  'src/handler.ts': `
import type { Context, Handler } from 'aws-lambda';
import { label } from 'units-of-somebody';
import { toCelsius, Unit } from './convert';

interface Reading { readonly value: number; readonly unit: Unit }

export const handler: Handler<Reading> = async (event, context: Context) => ({
  celsius: toCelsius(event.value, event.unit),
  label,
  function: context.functionName,
});
`,
  'src/module.mts': `
import { label } from 'units-of-somebody';
const ready = await Promise.resolve('awaited at the top');
export const handler = async () => ({ ready, label });
`,
  'src/broken.ts': 'export const handler = async () => {',
};

/** @returns the project's folder */
export function typescriptProject(): string {
  const root = temporaryDirectory();
  for (const [path, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}
