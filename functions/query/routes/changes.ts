/** The change feed of windows. */
import { changesSince } from '../changes.js';
import { definitionInQuery, findDefinition } from '../definitions.js';
import { definition, limit, since } from '../parameters.js';
import { type Route, route } from '../route.js';
import { windowView } from '../windowViews.js';

const OBLIGATIONS = `\
Ask with \`since=latest\` (or with nothing, for all that is kept), then with the \`next\` of the answer before: at once \
while \`more\` is true. Keep \`next\` only when what came with it is done; then nothing is missed, and after a crash \
the same comes again.

A window comes as it is now, under its last change: several changes between two questions are seen as one. So replace \
what you have of the same \`definition\`, \`key\`, \`start\` and \`partition\`. At \`revision\` 0 it is not complete yet, at 1 \
it is; above that, late events have corrected it (\`correction\`). A \`closed\` window changes no more. One of the latest \
events (\`last\`) is never complete: its revision counts its changes.

Of a group, each partition has a row with the events of its devices; \`/aggregations/{name}/windows\` has them merged. A \
session grows until it is complete, and a late event may join two into one: a row replaces sessions of the same key \
that lie within it.

What retention has removed does not come: ask more often than that.`;

export const changeRoutes: readonly Route[] = [
  route({
    path: '/windows/changes',
    name: 'listWindowChanges',
    summary: 'Windows in the order in which they changed: to poll for complete windows and for corrections.',
    description: OBLIGATIONS,
    tag: 'Aggregations',
    parameters: { since, definition, limit },
    schema: 'WindowChanges',
    answer: async ({ since, definition, limit }, { settings: { aggregate }, stores }) => {
      if (definition !== undefined) definitionInQuery(aggregate, definition);
      const { items, next, hasMore } = await changesSince(stores.aggregation, { since, limit, definition });
      return {
        items: items.map((row) => {
          const view = windowView(row, findDefinition(aggregate, row.definition));
          return { change: row.change.toString(), correction: view.corrections > 0, ...view };
        }),
        next: next.toString(),
        more: hasMore,
      };
    },
  }),
];
