/**
 * Regular expressions in matchers: they match the whole value, as Alertmanager's do. Its engine takes linear time;
 * JavaScript's does not, so what can take exponential time here (repetitions of what repeats or branches) is refused,
 * with what Alertmanager's engine does not know (references, looking around).
 */

/** Longer ones are refused. */
const MAX_LENGTH = 500;

/** Why it cannot be used; undefined when it can. */
export function patternProblem(source: string): string | undefined {
  if (source.length > MAX_LENGTH) return `is longer than ${MAX_LENGTH} characters`;
  try {
    compilePattern(source);
  } catch {
    return 'is no regular expression';
  }
  if (/\\[1-9]|\\k</.test(source) || /\(\?(?!:)/.test(source))
    return 'uses references, flags or looking around';
  return repeatsRepetition(source)
    ? 'repeats what repeats or branches: that can take for ever; write it without the outer repetition'
    : undefined;
}

/** @throws SyntaxError */
export function compilePattern(source: string): RegExp {
  return new RegExp(`^(?:${source})$`, 'su');
}

/** Whether a group that contains a repetition or a branch is repeated itself. */
function repeatsRepetition(source: string): boolean {
  const open: boolean[] = [];
  let inClass = false;
  for (let at = 0; at < source.length; at++) {
    const character = source[at]!;
    if (character === '\\') at++;
    else if (inClass) inClass = character !== ']';
    else if (character === '[') inClass = true;
    else if (character === '(') {
      open.push(false);
      // Of `(?:`, the mark is no repetition.
      if (source[at + 1] === '?') at++;
    } else if (character === ')') {
      const varies = open.pop() ?? false;
      const repeated = /^(?:[*+]|\{\d+,?\d*\})/.test(source.slice(at + 1));
      if (varies && repeated) return true;
      if (varies && open.length > 0) open[open.length - 1] = true;
    } else if ('*+{|?'.includes(character) && open.length > 0) open[open.length - 1] = true;
  }
  return false;
}
