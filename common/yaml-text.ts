/**
 * YAML that people write, with the line of everything in it: problems are told as `file:line: reason`. Of a text that is
 * no YAML nothing but `errors` is to be used.
 */
import { type Document, isMap, LineCounter, type Node, parseDocument, visit } from 'yaml';
import { type PathKeys, Problems } from './problems.js';

export class YamlText {
  readonly document: Document.Parsed;
  /** Why it is no YAML: all there is to say then. */
  readonly errors: readonly { readonly line: number; readonly reason: string }[];
  readonly #lines = new LineCounter();

  constructor(text: string) {
    this.document = parseDocument(text, { lineCounter: this.#lines });
    const errors = this.document.errors.map(({ pos, message }) => ({
      line: this.#lines.linePos(pos[0]).line,
      // The rest repeats the place, and draws it.
      reason: message.split(/ at line |\n/)[0]!,
    }));
    visit(this.document, {
      Alias: (_, node) => {
        if (node.resolve(this.document) !== undefined) return;
        const reason = 'refers to nothing (&…); a text that begins with * is written in quotes';
        // First: it is what the parser's own complaints about the line come from.
        errors.unshift({ line: this.lineOfNode(node), reason: `*${node.source} ${reason}` });
      },
    });
    this.errors = errors;
  }

  /** From 1. */
  lineOfNode(node: Node | null | undefined): number {
    return this.#lines.linePos(node?.range?.[0] ?? 0).line;
  }

  /** The line of the key itself where there is one, else of what it is missing in. */
  lineOf(keys: PathKeys): number {
    for (let depth = keys.length; depth > 0; depth--) {
      const parent = this.document.getIn(keys.slice(0, depth - 1).map(indexed), true);
      const last = keys[depth - 1]!;
      const pair = isMap(parent)
        ? parent.items.find(({ key }) => String((key as { value?: unknown }).value) === String(last))
        : undefined;
      const node = (pair?.key ?? this.document.getIn(keys.slice(0, depth).map(indexed), true)) as
        | Node
        | undefined;
      if (node?.range) return this.lineOfNode(node);
    }
    return 1;
  }
}

const indexed = (key: string | number) => (/^\d+$/.test(String(key)) ? Number(key) : key);

export interface LinedProblem {
  /** Of the file, from 1. */
  readonly line: number;
  readonly path: string;
  readonly reason: string;
}

/** Problems that know where in the file they are. */
export class LinedProblems extends Problems {
  readonly lined: LinedProblem[] = [];
  readonly #text: YamlText;

  constructor(text: YamlText) {
    super();
    this.#text = text;
    for (const { line, reason } of text.errors) this.lined.push({ line, path: '', reason });
  }

  override add(keys: PathKeys, reason: string): void {
    super.add(keys, reason);
    this.lined.push({ ...this.list.at(-1)!, line: this.#text.lineOf(keys) });
  }
}

/** `file:line: path reason` */
export function linedText(file: string, { line, path, reason }: LinedProblem): string {
  return `${file}:${line}: ${path === '' ? '' : `${path} `}${reason}`;
}
