/** `notifications.yml` -> NotificationConfig. Everything that is wrong is reported at once, with its line. */
import { type LinedProblem, LinedProblems, linedText, YamlText } from '../../../common/yaml-text.js';
import { Reader } from '../../aggregate/definitions/reader.js';
import { urlOf } from './addresses.js';
import { readReceivers } from './receivers.js';
import { readInhibitRules, readRoutes } from './routes.js';
import { Secrets, type Variables } from './secrets.js';
import type { NotificationConfig } from './types.js';

export interface NotificationProblem {
  /** `file:line` */
  readonly place: string;
  readonly reason: string;
}

export interface ParsedNotifications {
  /** Null when there are problems, or nothing in the file. */
  readonly config: NotificationConfig | null;
  readonly problems: readonly NotificationProblem[];
  /** What need not be wrong: `file:line: …` */
  readonly warnings: readonly string[];
}

/** @param file as problems call it */
export function parseNotifications(text: string, file: string, variables: Variables): ParsedNotifications {
  const secrets = new Secrets(text);
  const yaml = new YamlText(secrets.text);
  const problems = new LinedProblems(yaml);
  const failed = (): ParsedNotifications => ({
    config: null,
    problems: firstOfEach(problems.lined).map(({ line, path, reason }) => ({
      place: `${file}:${line}`,
      reason: path === '' ? reason : `${path} ${reason}`,
    })),
    warnings: [],
  });
  if (yaml.errors.length > 0) return failed();
  const content = secrets.resolve(yaml.document.toJS(), variables, problems);
  // Of comments alone.
  if (content === null) return { config: null, problems: [], warnings: [] };

  const root = new Reader(content, [], problems);
  const keys = ['externalUrl', 'route', 'inhibit_rules', 'receivers'];
  if (!root.isMap('a map with route and receivers', keys)) return failed();
  const externalUrl = urlOf(root.at('externalUrl'), ['http:', 'https:'], '') ?? '';
  const receivers = readReceivers(root.at('receivers'));
  const names = [...receivers.keys()];
  if (!root.at('route').given) root.at('route').refuse('is missing');
  const routes = root.at('route').given ? readRoutes(root.at('route'), names) : undefined;
  const inhibitRules = readInhibitRules(root.at('inhibit_rules'));
  if (problems.list.length > 0 || routes === undefined) return failed();
  const warnings = names.flatMap((name, index) => {
    if (routes.used.has(name)) return [];
    const keys = ['receivers', index];
    const reason = `${name} is told nothing: no route and no escalation names it`;
    return linedText(file, { line: yaml.lineOf(keys), path: '', reason });
  });
  const config = {
    externalUrl: externalUrl.replace(/\/+$/, ''),
    route: routes.route,
    inhibitRules,
    receivers,
  };
  return { config, problems: [], warnings };
}

/** By line. Of one place the first: where a variable is missing, what is wrong with the value says nothing. */
function firstOfEach(problems: readonly LinedProblem[]): readonly LinedProblem[] {
  const places = new Set<string>();
  const first = problems.filter(({ path }) => path === '' || (!places.has(path) && places.add(path)));
  return first.sort((a, b) => a.line - b.line);
}
