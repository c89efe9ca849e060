/**
 * The OpenAPI 3.1 document of everything on the port. The paths of query and of operate are made from their routes;
 * those that the gateway serves are described in `gatewayPaths.ts`.
 */
import { operatePaths } from '../operate/openapi.js';
import { operateSchemas } from '../operate/schemas.js';
import { gatewayPaths, gatewaySchemas, problemAnswer } from './gatewayPaths.js';
import { type JsonSchema, parameterOf } from './parameters.js';
import type { Route } from './route.js';
import { routes } from './routes/index.js';
import { ref } from './schemaParts.js';
import { schemas } from './schemas.js';

export function openApiDocument(version: string): JsonSchema {
  const paths = Object.fromEntries(routes.map((route) => [route.path, { get: operationOf(route) }]));
  return {
    openapi: '3.1.0',
    info: {
      title: 'Millrace',
      version,
      summary: 'Telemetry in; devices, windows, rollups, alerts and the books out.',
      description:
        'Timestamps in answers are RFC 3339 in UTC. Offsets are decimal strings. Errors are RFC 9457 problem ' +
        'details with a stable `code`. Lists come in pages of `limit` items; `next` is the next page’s `cursor`. ' +
        'GETs of data carry an ETag and answer 304 to If-None-Match.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths: joined(paths, operatePaths(), pagePaths, gatewayPaths),
    components: { schemas: { ...schemas, ...operateSchemas, ...gatewaySchemas } },
  };
}

/** Functions share paths, each with methods of its own. */
function joined(...parts: readonly JsonSchema[]): JsonSchema {
  const paths: Record<string, object> = {};
  for (const part of parts) {
    for (const [path, methods] of Object.entries(part)) paths[path] = { ...paths[path], ...Object(methods) };
  }
  return paths;
}

function operationOf(route: Route): JsonSchema {
  const problems = {
    400: 'A parameter is wrong, unknown or given twice; `parameter` names it.',
    ...route.problems,
    500: 'The request could not be answered.',
    503: 'A store or the deployment does not answer now; Retry-After says when to try again.',
  };
  return {
    operationId: route.name,
    summary: route.summary,
    ...(route.description === undefined ? {} : { description: route.description }),
    tags: [route.tag],
    parameters: [...Object.values(route.parameters).map(parameterOf), IF_NONE_MATCH],
    responses: {
      200: {
        description: 'OK',
        headers: { ETag: { description: 'Of exactly this answer.', schema: { type: 'string' } } },
        content: { 'application/json': { schema: ref(route.schema) } },
      },
      304: { description: 'Nothing has changed since the answer with that ETag.' },
      ...Object.fromEntries(
        Object.entries(problems).map(([status, description]) => [status, problemAnswer(description)]),
      ),
    },
  };
}

const IF_NONE_MATCH = {
  name: 'If-None-Match',
  in: 'header',
  required: false,
  description: 'ETag of an earlier answer: 304 when nothing has changed since.',
  schema: { type: 'string' },
};

const file = (type: string) => ({ description: 'OK', content: { [type]: { schema: { type: 'string' } } } });

const pagePaths: JsonSchema = {
  '/': {
    get: {
      operationId: 'getStatusPage',
      summary: 'The status page.',
      tags: ['Status page'],
      responses: { 200: file('text/html') },
    },
  },
  '/assets/{file}': {
    get: {
      operationId: 'getAsset',
      summary: "The status page's scripts, styles and images.",
      tags: ['Status page'],
      parameters: [
        {
          name: 'file',
          in: 'path',
          required: true,
          description: 'Name of the file.',
          schema: { type: 'string' },
        },
      ],
      responses: { 200: file('*/*'), 404: problemAnswer('There is no such file (`NOT_FOUND`).') },
    },
  },
  '/openapi.json': {
    get: {
      operationId: 'getOpenApi',
      summary: 'This document.',
      tags: ['Operations'],
      responses: {
        200: { description: 'OK', content: { 'application/json': { schema: { type: 'object' } } } },
      },
    },
  },
};
