/** Cutting parts out of the text of an expression. */

/**
 * What a node spans, with all of its parentheses: nodes begin within those around their first part, and end within
 * those around their last.
 */
export function spanOf(
  source: string,
  { start, end }: { readonly start: number; readonly end: number },
): { readonly start: number; readonly end: number } {
  let { open, missing } = unbalanced(source.slice(start, end));
  let from = start;
  let to = end;
  for (; missing > 0 && from > 0; from--) if (source[from - 1] === '(') missing--;
  for (; open > 0 && to < source.length; to++) if (source[to] === ')') open--;
  return { start: from, end: to };
}

/** Texts in quotes, three or one, raw or not; else any character. */
const TOKENS = /r?("""|''')[\s\S]*?\1|r("|')(?:(?!\2)[\s\S])*\2|("|')(?:\\[\s\S]|(?!\3)[\s\S])*\3|[\s\S]/g;

/** How many parentheses are opened and not closed, and closed and not opened. */
function unbalanced(text: string): { open: number; missing: number } {
  let open = 0;
  let missing = 0;
  for (const [token] of text.matchAll(TOKENS)) {
    if (token === '(') open++;
    else if (token === ')' && open > 0) open--;
    else if (token === ')') missing++;
  }
  return { open, missing };
}
