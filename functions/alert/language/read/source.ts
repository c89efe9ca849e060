/** A rule file as YAML, and reading members of its maps: everything that is wrong is collected with its line. */
import { isMap, isScalar, isSeq, type Node, type YAMLMap } from 'yaml';
import { suggestion } from '../../../../common/problems.js';
import { YamlText } from '../../../../common/yaml-text.js';
import { parseDuration } from '../../duration.js';

export class RuleSource {
  readonly root: Node | null;
  /** Names of all alerts in the file, those with mistakes included. */
  readonly names: string[] = [];
  readonly #problems: { readonly line: number; readonly reason: string }[];
  readonly #yaml: YamlText;
  readonly #file: string;

  /** @param file how problems call it */
  constructor(text: string, file: string) {
    this.#yaml = new YamlText(text);
    this.#file = file;
    this.#problems = [...this.#yaml.errors];
    this.root = this.isYaml ? this.#yaml.document.contents : null;
  }

  get isYaml(): boolean {
    return this.#yaml.errors.length === 0;
  }

  /** How many there are so far. */
  get count(): number {
    return this.#problems.length;
  }

  /** `file:line: reason` each, by line. */
  get problems(): string[] {
    const sorted = [...this.#problems].sort((a, b) => a.line - b.line);
    return sorted.map(({ line, reason }) => `${this.#file}:${line}: ${reason}`);
  }

  get file(): string {
    return this.#file;
  }

  placeOf(node: Node | null | undefined): string {
    return `${this.#file}:${this.#yaml.lineOfNode(node)}`;
  }

  report(node: Node | null | undefined, reason: string): void {
    this.#problems.push({ line: this.#yaml.lineOfNode(node), reason });
  }

  /** @param why what to say of keys that mean something elsewhere */
  refuseUnknown(map: YAMLMap, known: readonly string[], why: Readonly<Record<string, string>> = {}): void {
    for (const { key } of map.items) {
      const name = String(key);
      if (known.includes(name)) continue;
      const reason = Object.hasOwn(why, name) ? `: ${why[name]}` : suggestion(name, known);
      this.report(key as Node, `${name} means nothing here${reason}`);
    }
  }

  /** The items of a list that has to be there. */
  list(map: YAMLMap, key: string): readonly Node[] {
    const node = map.get(key, true) as Node | undefined;
    if (isSeq(node)) return node.items as Node[];
    this.report(node ?? map, `${key} must be a list`);
    return [];
  }

  text(map: YAMLMap, key: string): string | undefined {
    const node = map.get(key, true) as Node | undefined;
    if (isScalar(node) && typeof node.value === 'string') return node.value;
    this.report(node ?? map, node === undefined ? `${key} is missing` : `${key} must be a text`);
    return undefined;
  }

  /** A map of texts; numbers and truth values are taken as they are written. */
  texts(map: YAMLMap, key: string): Record<string, string> {
    const node = map.get(key, true) as Node | undefined;
    if (node === undefined) return {};
    if (!isMap(node)) {
      this.report(node, `${key} must be a map of texts`);
      return {};
    }
    const texts: Record<string, string> = {};
    for (const item of node.items) {
      const value = item.value;
      if (isScalar(value) && value.value !== null) texts[String(item.key)] = String(value.value);
      else this.report((value ?? item.key) as Node, `${key}.${String(item.key)} must be a text`);
    }
    return texts;
  }

  /** Milliseconds; undefined when it is not there, or no duration. */
  duration(map: YAMLMap, key: string): number | undefined {
    if (!map.has(key)) return undefined;
    const node = map.get(key, true) as Node;
    const ms = isScalar(node) ? parseDuration(String(node.value)) : undefined;
    if (ms === undefined) this.report(node, `${key} must be a duration such as 30s, 5m or 1h30m`);
    return ms;
  }
}
