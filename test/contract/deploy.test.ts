/** The files under deploy/ are what Docker Compose and Kubernetes take, and say nothing that the code does not know. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseNotifications } from '../../functions/dispatch/config/parse.js';
import { parseRoles, ROLES, type Role } from '../../runtime/roles.js';
import { projectRoot } from '../support/project-root.js';
import { flags, longestDrain, metrics, variables } from './deploy/code.js';
import {
  type ComposeService,
  compose,
  composeCheck,
  kubernetesCheck,
  type Manifest,
  manifests,
  textOf,
} from './deploy/manifests.js';

const GUIDE = 'docs/cluster.md';
const PINNED = /^[\w./-]+:\d+\.\d+[\w.-]*$/;

const FOREIGN = /\b(docker|kubectl|npm ci|kafka-[\w-]+\.sh|services\/\w+\.mjs)\b/;

interface Package {
  readonly version: string;
  readonly bin: { readonly millrace: string };
}

/** `start --roles gateway` */
function rolesIn(command: readonly string[]): Role[] {
  const at = command.indexOf('--roles');
  return [...parseRoles(command[at + 1] ?? '')];
}

describe('compose.yml', () => {
  const file = compose();
  const ours = Object.entries(file.services).filter(([, { image }]) => image.startsWith('millrace'));

  test('is valid by the Compose specification', () => {
    expect(composeCheck()(file)).toEqual([]);
  });

  test('the check finds what is misspelt', () => {
    const gateway = { image: 'x:1.0', enviroment: {} };
    expect(composeCheck()({ services: { gateway } })).not.toEqual([]);
  });

  test('every service has a pinned image and a health check', () => {
    for (const [name, { image, healthcheck }] of Object.entries(file.services)) {
      expect([name, image, healthcheck]).toEqual([name, expect.stringMatching(PINNED), expect.any(Object)]);
    }
  });

  test('named volumes are declared', () => {
    const used = Object.values(file.services).flatMap(({ volumes = [] }) => volumes);
    const named = used.map((volume) => volume.split(':')[0]!).filter((name) => !name.startsWith('.'));
    expect(new Set(named)).toEqual(new Set(Object.keys(file.volumes)));
    for (const path of used.filter((volume) => volume.startsWith('./'))) {
      expect(existsSync(join(projectRoot, 'deploy/compose', path.split(':')[0]!))).toBe(true);
    }
  });

  test('each role is there once, and knows its variables', () => {
    expect(ours.flatMap(([, { command }]) => rolesIn(command!)).sort()).toEqual([...ROLES].sort());
    for (const [, { environment = {} }] of ours) expectKnown(Object.keys(environment));
  });

  test.each(ours)('%s has time to drain', async (_name, service: ComposeService) => {
    for (const role of rolesIn(service.command!)) {
      expect(Number.parseInt(service.stop_grace_period!, 10)).toBeGreaterThanOrEqual(
        await longestDrain(role),
      );
    }
  });
});

describe('deploy/kubernetes', () => {
  const all = manifests();
  const byKind = (...kinds: string[]) => all.filter(({ kind }) => kinds.includes(kind));
  const workloads = byKind('Deployment', 'StatefulSet');
  const containerOf = ({ spec }: Manifest) => spec.template.spec.containers[0];
  const named = (list: readonly Manifest[]) => list.map((manifest) => [nameOf(manifest), manifest] as const);
  const nameOf = ({ kind, metadata }: Manifest) => `${kind} ${metadata.name}`;

  test.each(named(all))('%s is valid by Kubernetes’ own schema', (_name, manifest) => {
    expect(kubernetesCheck()(manifest)).toEqual([]);
  });

  test('the check finds what is misspelt or of another type', () => {
    const [deployment] = byKind('Deployment');
    const misspelt = structuredClone(deployment!);
    containerOf(misspelt).readynessProbe = {};
    const mistyped = structuredClone(deployment!);
    containerOf(mistyped).ports[0].containerPort = 'http';
    for (const broken of [misspelt, mistyped]) expect(kubernetesCheck()(broken)).not.toEqual([]);
  });

  test('all but the namespace are in it', () => {
    const [namespace] = byKind('Namespace');
    for (const { kind, metadata } of all) {
      if (kind !== 'Namespace') expect(metadata.namespace).toBe(namespace!.metadata.name);
    }
  });

  test('each role is there once', () => {
    const roles = workloads.flatMap((workload) => rolesIn(containerOf(workload).args));
    expect(roles.sort()).toEqual([...ROLES].sort());
    for (const workload of workloads) expect(containerOf(workload).image).toMatch(PINNED);
  });

  test.each(named(workloads))('%s selects its own pods, is probed, and has time to drain', async (_, of) => {
    const { spec } = of;
    expect(spec.template.metadata.labels).toMatchObject(spec.selector.matchLabels);
    const { args, readinessProbe, livenessProbe, lifecycle } = containerOf(of);
    expect([readinessProbe.httpGet.path, livenessProbe.httpGet.path]).toEqual(['/readyz', '/healthz']);
    const pause = Number(lifecycle.preStop.exec.command[1]);
    for (const role of rolesIn(args)) {
      expect(spec.template.spec.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(
        pause + (await longestDrain(role)),
      );
    }
  });

  test.each(named(workloads))('%s mounts what it declares', (_name, { spec, ...rest }) => {
    const claims = (spec.volumeClaimTemplates ?? []) as Manifest[];
    const declared = [...spec.template.spec.volumes, ...claims.map(({ metadata }) => metadata)];
    const mounted = containerOf({ spec, ...rest }).volumeMounts as { name: string }[];
    expect(new Set(mounted.map(({ name }) => name))).toEqual(new Set(declared.map(({ name }) => name)));
  });

  test('services, budgets and autoscalers are about workloads that are there', () => {
    const labels = workloads.map(({ spec }) => spec.template.metadata.labels);
    const selectors = [
      ...byKind('Service').map(({ spec }) => spec.selector),
      ...byKind('PodDisruptionBudget').map(({ spec }) => spec.selector.matchLabels),
    ];
    for (const selector of selectors) expect(labels).toContainEqual(expect.objectContaining(selector));
    expect(byKind('PodDisruptionBudget')).toHaveLength(workloads.length);
    for (const { spec } of byKind('HorizontalPodAutoscaler')) {
      const { kind, name } = spec.scaleTargetRef;
      expect(workloads.map(nameOf)).toContain(`${kind} ${name}`);
    }
    const services = byKind('Service').map(({ metadata }) => metadata.name);
    for (const { spec } of byKind('StatefulSet')) expect(services).toContain(spec.serviceName);
  });

  test('settings are variables of the code; maps and secrets are made here or by the guide', () => {
    const settings = byKind('ConfigMap').find(({ metadata }) => metadata.name === 'millrace-settings');
    expectKnown(Object.keys(settings!.data!));
    const made = byKind('ConfigMap').map(({ metadata }) => metadata.name);
    const guide = textOf(GUIDE);
    for (const workload of workloads) {
      const used = JSON.stringify(workload).matchAll(
        /"(?:configMap|configMapRef|secretRef)":\{"name":"([^"]+)"/g,
      );
      for (const [, name] of used) expect(made.includes(name!) || guide.includes(name!)).toBe(true);
    }
  });
});

describe('notifications.yml of the manifests', () => {
  test('is one that functions take, needs no variable, and is there for every role', () => {
    const map = manifests().find(({ metadata }) => metadata.name === 'millrace-notifications')!;
    const { config, problems, warnings } = parseNotifications(
      map.data!['notifications.yml']!,
      'notifications.yml',
      {},
    );
    expect([config === null, problems, warnings]).toEqual([false, [], []]);
    const workloads = manifests().filter(({ kind }) => ['Deployment', 'StatefulSet'].includes(kind));
    for (const { spec } of workloads)
      expect(spec.template.spec.containers[0].volumeMounts).toContainEqual(
        expect.objectContaining({ mountPath: '/app/notifications.yml', subPath: 'notifications.yml' }),
      );
  });
});

describe('Dockerfile', () => {
  const file = textOf('deploy/Dockerfile');

  test('has pinned bases, no root, and runs the command that the package names', () => {
    const { bin, version } = JSON.parse(textOf('package.json')) as Package;
    expect(`node:${/^ARG NODE=(\S+)/m.exec(file)?.[1]}`).toMatch(PINNED);
    expect(file.match(/^FROM /gm)).toEqual(file.match(/^FROM (?=node:\$\{NODE\})/gm));
    expect(file).toMatch(/^USER \d+:\d+$/m);
    for (const path of ['deploy/Dockerfile', 'deploy/compose/compose.yml', GUIDE]) {
      expect(new Set(textOf(path).match(/\bmillrace:\d[\w.-]*/g))).toEqual(new Set([`millrace:${version}`]));
    }
    expect(file).toContain(`ENTRYPOINT ["node", "${bin.millrace}"]`);
    const set = /^ENV ([\s\S]*?[^\\])$/m.exec(file)![1]!;
    expectKnown([...set.matchAll(/(MILLRACE_[A-Z_]+)=/g)].map(([, name]) => name!));
  });

  test('what is left out of the image is not the product', () => {
    const out = textOf('deploy/Dockerfile.dockerignore').split('\n');
    for (const path of [
      'serverless.yml',
      'functions',
      'schemas',
      'rules',
      'aggregations',
      'dashboard',
      'simulators',
      'scripts',
    ]) {
      expect(existsSync(join(projectRoot, path)) && !out.includes(path)).toBe(true);
    }
  });
});

describe('docs/cluster.md', () => {
  const guide = textOf(GUIDE);
  const all = (pattern: RegExp) => [...new Set([...guide.matchAll(pattern)].map(([, found]) => found!))];

  test('names variables, flags and metrics that there are', () => {
    expectKnown(all(/\b((?:KAFKA|MQTT|MILLRACE|DATABASE)_[A-Z_]*[A-Z])\b/g));
    // What is said to other programs is their business.
    const lines = guide.split('\n').filter((line) => !FOREIGN.test(line));
    const named = lines.flatMap((line) =>
      [...line.matchAll(/(?<![\w-])--[a-z][a-z-]+/g)].map(([flag]) => flag),
    );
    expect(named.filter((flag) => !flags().has(flag))).toEqual([]);
    const known = metrics();
    expect(all(/\bmillrace_([a-z_]+)\b/g).filter((metric) => !known.has(metric))).toEqual([]);
  });

  test('names roles that there are', () => {
    for (const roles of all(/--roles ([a-z,]+)/g)) expect(() => parseRoles(roles)).not.toThrow();
  });

  test('says how long a drain may take', async () => {
    for (const role of ROLES) {
      expect(guide).toMatch(new RegExp(`^\\| \`${role}\` \\|.*\\| ${await longestDrain(role)} s \\|`, 'm'));
    }
  });

  test('links to files that there are', () => {
    for (const link of all(/\]\((?!https?:)([^)#]+)\)/g)) {
      expect([link, existsSync(join(projectRoot, 'docs', link))]).toEqual([link, true]);
    }
  });
});

function expectKnown(names: readonly string[]): void {
  const known = variables();
  expect(names.filter((name) => !known.has(name))).toEqual([]);
}
