/**
 * Texts with placeholders: annotations with all of them, labels with those that do not change while an alert lasts.
 *
 *     {{ value }} {{ deviceId }} {{ labels.site }} {{ tags.site }} {{ event.temperature }} {{ value | round 1 }}
 */
import { suggestion } from '../../common/problems.js';
import { noSuchTag } from './language/context.js';

const PLACEHOLDER = /\{\{\s*([^{}]*?)\s*\}\}/g;
const EXPRESSION = /^(?:(value|deviceId)|(labels|tags|event)\.([\w-]+))(?:\s*\|\s*round\s+(\d))?$/;
const KNOWN = ['value', 'deviceId', 'labels.…', 'tags.…', 'event.…'];

export interface TemplateValues {
  readonly value: unknown;
  /** Of fleet-level rules, the group. */
  readonly deviceId: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly tags?: Readonly<Record<string, string>>;
  /** Of fleet-level rules, the counts. */
  readonly event?: Readonly<Record<string, unknown>>;
}

/** Names that placeholders may use; undefined: any. */
export interface TemplateNames {
  readonly labels: readonly string[];
  readonly tags: readonly string[] | undefined;
  readonly event: readonly string[] | undefined;
}

/** What is wrong with the placeholders of an annotation. */
export function annotationProblems(text: string, names: TemplateNames): string[] {
  return placeholdersOf(text).flatMap((written) => {
    const match = EXPRESSION.exec(written);
    if (match === null) return [meaningless(written)];
    const [, , of, name] = match;
    const known = of === undefined ? undefined : names[of as keyof TemplateNames];
    if (known === undefined || known.includes(name!)) return [];
    return [`{{ ${written} }} stands for nothing${suggestion(name!, known)}`];
  });
}

/** A label is a part of what an alert is: it must not change with every reading. */
export function labelProblems(text: string, tags: readonly string[] | undefined): string[] {
  return placeholdersOf(text).flatMap((written) => {
    const [, plain, of, name, round] = EXPRESSION.exec(written) ?? [];
    if (plain === 'deviceId' && round === undefined) return [];
    if (of !== 'tags' || round !== undefined) {
      return [`labels know {{ deviceId }} and {{ tags.… }} only, not {{ ${written} }}`];
    }
    if (tags === undefined || tags.includes(name!)) return [];
    return [noSuchTag(name!, tags)];
  });
}

/** What is not known becomes nothing. */
export function expand(text: string, values: TemplateValues): string {
  if (!text.includes('{{')) return text;
  return text.replace(PLACEHOLDER, (_, written: string) => {
    const [, plain, of, name, round] = EXPRESSION.exec(written) ?? [];
    const value = plain === undefined ? memberOf(values[of as 'event'], name) : values[plain as 'value'];
    if (round !== undefined && typeof value === 'number') return value.toFixed(Number(round));
    return value === undefined || value === null ? '' : textOf(value);
  });
}

/** The labels of an alert: those of its rule, with their placeholders filled in. */
export function expandLabels(
  labels: Readonly<Record<string, string>>,
  deviceId: string,
  tags: Readonly<Record<string, string>>,
): Record<string, string> {
  const values = { value: null, deviceId, tags };
  return Object.fromEntries(Object.entries(labels).map(([name, text]) => [name, expand(text, values)]));
}

function placeholdersOf(text: string): string[] {
  return [...text.matchAll(PLACEHOLDER)].map((match) => match[1]!);
}

function meaningless(written: string): string {
  const prometheus = /^\$(value|labels\.\w+)$/.exec(written)?.[1];
  if (prometheus !== undefined) {
    return `{{ ${written} }} stands for nothing; did you mean {{ ${prometheus} }}?`;
  }
  return `{{ ${written} }} stands for nothing; known: ${KNOWN.map((one) => `{{ ${one} }}`).join(', ')}, and … | round 1`;
}

function memberOf(object: Readonly<Record<string, unknown>> | undefined, name: string | undefined): unknown {
  return object !== undefined && name !== undefined && Object.hasOwn(object, name) ? object[name] : undefined;
}

function textOf(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
