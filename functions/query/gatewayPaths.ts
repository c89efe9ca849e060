/**
 * What the gateway process serves on the same port, for the OpenAPI document: ingest, probes and metrics. The code
 * is in `gateway/http/`.
 */
import { id, type JsonSchema } from './parameters.js';
import * as s from './schemaParts.js';

/** An answer in problem details. */
export const problemAnswer = (description: string): JsonSchema => ({
  description,
  content: { 'application/problem+json': { schema: s.ref('Problem') } },
});

const ingestAnswers: JsonSchema = {
  202: {
    description: 'Every accepted event is durable. Each event has its verdict, in the order of the request.',
    content: { 'application/json': { schema: s.ref('IngestAnswer') } },
  },
  400: problemAnswer(
    'The body is not UTF-8 (`NOT_UTF8`) or not JSON (`JSON_SYNTAX`), or the path names no device ' +
      '(`DEVICE_ID_INVALID`).',
  ),
  413: problemAnswer('The body is too large (`BODY_TOO_LARGE`), or has too many events (`TOO_MANY_EVENTS`).'),
  503: {
    ...problemAnswer('The stream cannot take more now (`STREAM_UNAVAILABLE`): send all of it again.'),
    headers: { 'Retry-After': { description: 'Seconds.', schema: { type: 'integer' } } },
  },
};

const ingestBody = (item: string): JsonSchema => ({
  required: true,
  content: { 'application/json': { schema: { oneOf: [s.ref(item), s.arrayOf(s.ref(item))] } } },
});

const probe = (operationId: string, summary: string, unavailable: string): JsonSchema => ({
  get: {
    operationId,
    summary,
    tags: ['Operations'],
    responses: { 200: { description: 'Yes.' }, 503: { description: unavailable } },
  },
});

export const gatewayPaths: JsonSchema = {
  '/telemetry': {
    post: {
      operationId: 'postTelemetry',
      summary: 'Takes one event or an array of events, each with its deviceId.',
      tags: ['Ingest'],
      requestBody: ingestBody('AddressedEvent'),
      responses: ingestAnswers,
    },
  },
  '/devices/{id}/telemetry': {
    post: {
      operationId: 'postDeviceTelemetry',
      summary: 'Takes one event or an array of events of one device.',
      tags: ['Ingest'],
      parameters: [
        { name: id.name, in: id.in, required: id.required, description: id.description, schema: id.schema },
      ],
      requestBody: ingestBody('Event'),
      responses: ingestAnswers,
    },
  },
  '/healthz': probe('getHealth', 'Is the process alive?', 'It is not.'),
  '/readyz': probe(
    'getReadiness',
    'Can it take events?',
    'Not now; the body says why (e.g. `DISK_FULL`, `HARD_LIMIT`).',
  ),
  '/metrics': {
    get: {
      operationId: 'getMetrics',
      summary: 'Metrics in the Prometheus text format.',
      tags: ['Operations'],
      responses: {
        200: { description: 'OK', content: { 'text/plain': { schema: { type: 'string' } } } },
      },
    },
  },
};

const event: JsonSchema = {
  type: 'object',
  description: 'What a device reports. The JSON Schema of its device type says which metrics there must be.',
  properties: {
    ts: {
      description: 'Event time: epoch milliseconds or RFC 3339.',
      oneOf: [{ type: 'integer' }, { type: 'string', format: 'date-time' }],
    },
    seq: { type: 'integer', description: 'The same seq of the same device is counted once.' },
    deviceId: s.text(),
  },
};

export const gatewaySchemas: Readonly<Record<string, JsonSchema>> = {
  Event: event,
  AddressedEvent: { ...event, required: ['deviceId'] },
  IngestAnswer: s.object({
    accepted: s.count(),
    rejected: s.count(),
    results: s.arrayOf(s.ref('EventVerdict')),
  }),
  EventVerdict: s.object(
    {
      index: s.count('Place in the request, from 0.'),
      deviceId: s.nullable(s.text('null when the event names none.')),
      status: { enum: ['accepted', 'rejected'] },
      quarantined: { type: 'boolean', description: 'Whether a rejected event is kept in quarantine.' },
      code: s.text('Why it was rejected; stable.'),
      reason: s.text('Why it was rejected, for a person.'),
      keyword: s.nullable(s.text('JSON Schema keyword, with code SCHEMA.')),
      pointer: s.nullable(s.text('JSON Pointer into the event.')),
    },
    ['index', 'deviceId', 'status'],
  ),
};
