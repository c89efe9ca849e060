/** A project for a storm: one rule that every device breaks, and one webhook. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { dist } from '../servers.js';

export const RULE = 'Storm';
/** Above it the rule fires. */
export const LIMIT = 80;

const RULES = `groups:
  - name: storm
    rules:
      - alert: ${RULE}
        expr: event.temperature > ${LIMIT}
        labels: { severity: critical }
        annotations: { summary: "{{ deviceId }} measures {{ value }} °C; the limit is ${LIMIT} °C" }
`;

export interface StormProject {
  /** For `startProduct`. */
  readonly args: readonly string[];
  remove(): void;
}

/** @param groupBy YAML: `[alertname]` tells all of them together, `['...']` each by itself */
export function makeProject(webhook: string, groupBy: string): StormProject {
  const source = dirname(dist);
  const root = mkdtempSync(join(tmpdir(), 'millrace-storm-'));
  for (const name of ['schemas', 'aggregations', 'serverless.yml']) {
    cpSync(join(source, name), join(root, name), { recursive: true });
  }
  for (const name of ['functions', 'dashboard', 'node_modules']) {
    symlinkSync(join(source, name), join(root, name));
  }
  mkdirSync(join(root, 'rules'));
  writeFileSync(join(root, 'rules', 'storm.yml'), RULES);
  writeFileSync(
    join(root, 'notifications.yml'),
    `route: { receiver: storm, group_by: ${groupBy}, group_wait: 1s, group_interval: 5s, repeat_interval: 4h }
receivers:
  - name: storm
    webhooks: [{ url: "${webhook}", timeout: 20s }]
`,
  );
  return {
    args: ['--config', join(root, 'serverless.yml')],
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}
