/** JSON Schemas of the answers in Prometheus' documents. */
import type { JsonSchema } from './parameters.js';
import * as s from './schemaParts.js';

const envelope = (data: Readonly<Record<string, JsonSchema>>) =>
  s.object({ status: { const: 'success' }, data: s.object(data) });
const seconds = (description?: string): JsonSchema => ({
  type: 'number',
  minimum: 0,
  ...(description === undefined ? {} : { description }),
});
const never = s.text('`0001-01-01T00:00:00Z`: events evaluate rules here, not an interval.');

export const prometheusSchemas: Readonly<Record<string, JsonSchema>> = {
  PrometheusRules: envelope({
    groups: s.arrayOf(
      s.object({
        name: s.text(),
        file: s.text(),
        interval: seconds(),
        limit: s.count(),
        lastEvaluation: never,
        evaluationTime: seconds(),
        rules: s.arrayOf(s.ref('PrometheusRule')),
      }),
    ),
  }),
  PrometheusRule: s.object({
    type: { const: 'alerting' },
    name: s.text(),
    state: { enum: ['inactive', 'pending', 'firing'] },
    query: s.text('The expression: CEL, not PromQL.'),
    duration: seconds('`for`, in seconds.'),
    keepFiringFor: seconds('In seconds.'),
    labels: s.mapOf(s.text()),
    annotations: s.mapOf(s.text()),
    alerts: s.arrayOf(s.ref('PrometheusAlert')),
    health: { const: 'ok' },
    lastEvaluation: never,
    evaluationTime: seconds(),
  }),
  PrometheusAlerts: envelope({ alerts: s.arrayOf(s.ref('PrometheusAlert')) }),
  PrometheusAlert: s.object({
    labels: s.mapOf(s.text()),
    annotations: s.mapOf(s.text()),
    state: { enum: ['pending', 'firing'] },
    activeAt: s.time(),
    value: s.text('A number as text; NaN for what is none.'),
  }),
};
