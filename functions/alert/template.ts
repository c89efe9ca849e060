/** Annotation texts with placeholders: `{{ value }}` and `{{ deviceId }}`. */
const PLACEHOLDER = /\{\{\s*([^{}]*?)\s*\}\}/g;

export interface TemplateValues {
  readonly value: unknown;
  readonly deviceId: string;
}

const NAMES: ReadonlySet<string> = new Set<keyof TemplateValues>(['value', 'deviceId']);

/** Placeholders of the text that stand for nothing. */
export function unknownPlaceholders(text: string): string[] {
  return [...text.matchAll(PLACEHOLDER)].map((match) => match[1]!).filter((name) => !NAMES.has(name));
}

export function expand(text: string, values: TemplateValues): string {
  if (!text.includes('{{')) return text;
  return text.replace(PLACEHOLDER, (_, name: string) => String(values[name as keyof TemplateValues] ?? ''));
}
