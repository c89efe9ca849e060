/**
 * `${env:NAME}` and `${env:NAME, 'default'}` in a YAML text. They are taken out before it is parsed, because braces
 * mean something else in YAML, and put in afterwards, so that no value of a variable is read as YAML.
 */
import type { PathKeys, Problems } from '../../../common/problems.js';

export type Variables = Readonly<Record<string, string | undefined>>;

/** Deeper than any tree of routes that a person can follow; anchors of YAML may lie within themselves. */
const MAX_DEPTH = 60;

interface Reference {
  readonly name: string;
  readonly fallback: string | undefined;
}

const REFERENCE = /\$\{env:\s*([A-Za-z_]\w*)\s*(?:,\s*(?:'([^'\n]*)'|"([^"\n]*)"))?\s*\}/g;
const OPENING = '$' + '{';
/** Private characters of Unicode: YAML takes them for text. */
const MARK = /\uE000(\d+)\uE001/g;

export class Secrets {
  /** The text with marks in the place of variables; lines stay where they are. */
  readonly text: string;
  readonly #references: Reference[] = [];

  constructor(text: string) {
    this.text = text
      .replaceAll(/[\uE000\uE001]/g, '')
      .replace(REFERENCE, (_, name: string, single?: string, double?: string) => {
        this.#references.push({ name, fallback: single ?? double });
        return `\uE000${this.#references.length - 1}\uE001`;
      });
  }

  /** The content with the variables' values; those that are missing are problems. */
  resolve(content: unknown, variables: Variables, problems: Problems, path: PathKeys = []): unknown {
    if (path.length > MAX_DEPTH)
      return problems.add(path.slice(0, 3), 'is nested too deeply, or within itself');
    if (typeof content === 'string') return this.#inText(content, variables, problems, path);
    if (Array.isArray(content)) {
      return content.map((item, index) => this.resolve(item, variables, problems, [...path, index]));
    }
    if (typeof content !== 'object' || content === null) return content;
    return Object.fromEntries(
      Object.entries(content).map(([key, value]) => [
        key,
        this.resolve(value, variables, problems, [...path, key]),
      ]),
    );
  }

  #inText(text: string, variables: Variables, problems: Problems, path: PathKeys): string {
    if (text.includes(OPENING)) problems.add(path, `has a variable of another form than ${OPENING}env:NAME}`);
    return text.replace(MARK, (_, index: string) => {
      const { name, fallback } = this.#references[Number(index)]!;
      const value = variables[name] ?? fallback;
      if (value === undefined) problems.add(path, `needs the environment variable ${name}, which is not set`);
      // What is wrong with the value would only be told on top.
      return value ?? `\uE000${name}`;
    });
  }
}

/** Whether a variable was missing in it: that is a problem already. */
export function isUnresolved(text: string): boolean {
  return text.includes('\uE000');
}
