/** The paths of the OpenAPI document that operators' acts have. */
import { problemAnswer } from '../query/gatewayPaths.js';
import { type JsonSchema, parameterOf } from '../query/parameters.js';
import { ref } from '../query/schemaParts.js';
import type { OperateRoute } from './route.js';
import { operateRoutes } from './routes/index.js';

export function operatePaths(): JsonSchema {
  const paths: Record<string, Record<string, JsonSchema>> = {};
  for (const route of operateRoutes) {
    paths[route.path] ??= {};
    paths[route.path]![route.method] = operationOf(route);
  }
  return paths;
}

function operationOf(route: OperateRoute): JsonSchema {
  const problems = {
    400: 'A parameter or the body is wrong; `parameter` or `errors` say where (`BAD_PARAMETER`, `BAD_BODY`).',
    403: 'Not from here: see `custom.millrace.gateway.remoteControl` (`CONTROL_*`, `ORIGIN_FOREIGN`).',
    ...(route.body === null
      ? {}
      : { 413: 'The body is too large (`BODY_TOO_LARGE`).', 415: 'It must be application/json.' }),
    ...route.problems,
    500: 'It could not be done.',
    503: 'A store does not answer now; Retry-After says when to try again.',
  };
  return {
    operationId: route.name,
    summary: route.summary,
    ...(route.description === undefined ? {} : { description: route.description }),
    tags: [route.tag],
    parameters: Object.values(route.parameters).map(parameterOf),
    ...(route.body === null
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: ref(route.body) } } } }),
    responses: {
      ...Object.fromEntries(
        Object.entries(route.answers).map(([status, [description, schema]]) => [
          status,
          schema === null
            ? { description }
            : { description, content: { 'application/json': { schema: ref(schema) } } },
        ]),
      ),
      ...Object.fromEntries(
        Object.entries(problems).map(([status, description]) => [status, problemAnswer(description)]),
      ),
    },
  };
}
