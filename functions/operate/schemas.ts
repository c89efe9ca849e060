/** JSON Schemas of what operators send: what bodies are held to, and what the OpenAPI document says. */
import { type JsonSchema, MAX_AUTHOR } from '../query/parameters.js';
import * as s from '../query/schemaParts.js';

/** Longer ones are for a wiki. */
const MAX_TEXT = 4_000;
const MAX_MATCHERS = 20;
const MAX_IDS = 1_000;

const time = (description: string): JsonSchema => ({
  description,
  oneOf: [{ type: 'string', format: 'date-time' }, { type: 'integer' }],
});
const text = (description: string, minLength = 1): JsonSchema => ({
  type: 'string',
  minLength,
  maxLength: MAX_TEXT,
  description,
});
const author: JsonSchema = {
  type: 'string',
  minLength: 1,
  maxLength: MAX_AUTHOR,
  pattern: '^[^\\p{Cc}]*[^\\p{Cc}\\s][^\\p{Cc}]*$',
  description: 'Who does it: for the trail, and for whoever wonders.',
};
const id: JsonSchema = {
  type: 'string',
  pattern: '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$',
  description: "A UUID of the client's own: sent again after a lost answer, nothing is done twice.",
};

export const operateSchemas: Readonly<Record<string, JsonSchema>> = {
  Acknowledge: s.object(
    {
      author,
      comment: { ...text('What is being done.', 0), default: '' },
      startsAt: time('Of the alert that is meant: refused when another one has begun since.'),
    },
    ['author'],
  ),
  AddComment: s.object({ author, text: text('For whoever looks at the alert.'), id }, ['author', 'text']),
  AddSilence: s.object(
    {
      matchers: {
        type: 'array',
        minItems: 1,
        maxItems: MAX_MATCHERS,
        description:
          'All must match. One of them at least must narrow: a silence that matches every alert is refused.',
        items: {
          type: ['string', 'object'],
          description:
            '`severity="critical"`, `site!="a"`, `site=~"a|b"`, `site!~"n.*"`, or the same as an object.',
          properties: {
            name: { type: 'string', minLength: 1 },
            value: { type: 'string' },
            isRegex: { type: 'boolean', default: false },
            isEqual: { type: 'boolean', default: true },
          },
          required: ['name', 'value'],
          additionalProperties: false,
        },
      },
      startsAt: time('Default, and at the earliest: now.'),
      endsAt: time('Either this or `duration`.'),
      duration: { type: 'string', description: 'From `startsAt` on: `2h`, `1h30m`, `3d`; at most `52w`.' },
      author,
      reason: text('Why.'),
      id,
    },
    ['matchers', 'author', 'reason'],
  ),
  Redrive: s.object(
    {
      author,
      target: s.text('All dead letters of this target: either this or `ids`.'),
      ids: { type: 'array', minItems: 1, maxItems: MAX_IDS, items: { type: 'string', minLength: 1 } },
    },
    ['author'],
  ),
  Redriven: s.object({ redriven: s.count('Dead letters that are due again.') }),
};
