/** Expected alerts beside those that are there, as promtool compares them: all labels, all annotations. */
import type { ExpectedAlert } from './suite.js';

export type Texts = Readonly<Record<string, string>>;

/**
 * What is different, one line each; empty when they are the same. Alerts that have a device in common are compared
 * member by member, the others are missing or not expected.
 */
export function differences(expected: readonly ExpectedAlert[], found: readonly ExpectedAlert[]): string[] {
  const missing: ExpectedAlert[] = [];
  const extra = [...found];
  for (const alert of expected) {
    const index = extra.findIndex((other) => isEqual(alert, other));
    if (index < 0) missing.push(alert);
    else extra.splice(index, 1);
  }
  const lines: string[] = [];
  for (const alert of missing) {
    const index = extra.findIndex((other) => deviceOf(other) === deviceOf(alert));
    if (index < 0) lines.push(`missing: ${alertText(alert)}`);
    else lines.push(...membersOf(alert, extra.splice(index, 1)[0]!));
    if (alert.labels.severity === undefined) {
      lines.push('exp_labels has no severity, which every alert has');
    }
  }
  return [...lines, ...extra.map((alert) => `not expected: ${alertText(alert)}`)];
}

/** `firing {deviceId="d1", severity="critical"}` */
export function alertText({ state, labels, annotations }: ExpectedAlert): string {
  const notes = Object.entries(annotations).map(([name, text]) => ` ${name}: ${JSON.stringify(text)}`);
  return `${state} ${labelsText(labels)}${notes.join()}`;
}

function labelsText(labels: Texts): string {
  const names = Object.keys(labels).sort();
  return `{${names.map((name) => `${name}=${JSON.stringify(labels[name])}`).join(', ')}}`;
}

function deviceOf({ labels }: ExpectedAlert): string | undefined {
  return labels.deviceId;
}

function membersOf(expected: ExpectedAlert, found: ExpectedAlert): string[] {
  const of = deviceOf(found);
  const lines: string[] = [];
  if (expected.state !== found.state) lines.push(`${of}: is ${found.state}, expected ${expected.state}`);
  for (const member of ['labels', 'annotations'] as const) {
    const names = [...new Set([...Object.keys(expected[member]), ...Object.keys(found[member])])].sort();
    for (const name of names) {
      const [is, wanted] = [found[member][name], expected[member][name]];
      if (is === wanted) continue;
      const what = is === undefined ? 'is not there' : `is ${JSON.stringify(is)}`;
      lines.push(
        `${of}: ${member}.${name} ${what}, ${wanted === undefined ? 'not expected' : `expected ${JSON.stringify(wanted)}`}`,
      );
    }
  }
  return lines;
}

function isEqual(a: ExpectedAlert, b: ExpectedAlert): boolean {
  return a.state === b.state && isSame(a.labels, b.labels) && isSame(a.annotations, b.annotations);
}

function isSame(a: Texts, b: Texts): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
