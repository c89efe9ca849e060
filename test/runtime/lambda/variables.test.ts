import { lambdaEnvironment } from '../../../runtime/lambda/variables.js';
import { lambdaSpec } from '../../support/lambda-environment.js';

const spec = lambdaSpec('esm/sums.mjs');

test('what Lambda sets', () => {
  expect(lambdaEnvironment(spec, {})).toStrictEqual({
    _HANDLER: 'esm/sums.handler',
    AWS_REGION: 'eu-west-1',
    AWS_DEFAULT_REGION: 'eu-west-1',
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs20.x',
    AWS_LAMBDA_FUNCTION_NAME: 'foreign',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_FORMAT: 'JSON',
    AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/foreign',
    AWS_LAMBDA_LOG_STREAM_NAME: expect.stringMatching(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/),
    LAMBDA_TASK_ROOT: spec.settings.root,
    LAMBDA_RUNTIME_DIR: expect.stringMatching(/runtime$/),
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    TABLE: 'readings',
  });
});

test('of the host, what is needed to run and to reach AWS', () => {
  const taken = {
    PATH: '/bin',
    HOME: '/home/me',
    TMPDIR: '/tmp',
    NODE_EXTRA_CA_CERTS: '/ca.pem',
    AWS_ACCESS_KEY_ID: 'id',
    AWS_PROFILE: 'laptop',
    AWS_ENDPOINT_URL: 'http://localhost:4566',
    AWS_ENDPOINT_URL_DYNAMODB: 'http://localhost:8000',
  };
  const host = { ...taken, GITHUB_TOKEN: 'secret', EDITOR: 'vi', AWS_REGION: 'mars-1', UNSET: undefined };
  const seen = lambdaEnvironment(spec, host);
  expect(seen).toMatchObject({ ...taken, AWS_REGION: 'eu-west-1' });
  for (const name of ['GITHUB_TOKEN', 'EDITOR', 'UNSET']) expect(seen).not.toHaveProperty(name);
});

test('serverless.yml may replace TZ and what comes from the host, and no reserved name', () => {
  const environment = { TZ: 'Europe/Vienna', PATH: '/mine', _HANDLER: 'x', AWS_REGION: 'mars-1' };
  expect(lambdaEnvironment({ ...spec, environment }, { PATH: '/bin' })).toMatchObject({
    TZ: 'Europe/Vienna',
    PATH: '/mine',
    _HANDLER: 'esm/sums.handler',
    AWS_REGION: 'eu-west-1',
  });
});
