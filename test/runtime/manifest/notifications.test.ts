import { manifestProject, type Project, sound } from '../../support/manifest-project.js';

let project: Project;
beforeEach(() => {
  project = manifestProject();
});
afterEach(() => project.remove());

test('what is wrong with notifications.yml is told with the other problems of the manifest', async () => {
  project.file(
    'notifications.yml',
    `route: { receiver: ops }\nreceivers:\n  - name: opps\n    slack: [{ url: "\${env:HOOK}" }]\n`,
  );
  expect(await project.problems({ ...sound(), service: '' })).toEqual([
    'service: must be a name',
    'notifications.yml:1: route.receiver names no receiver; did you mean "opps"?',
    'notifications.yml:4: receivers[0].slack[0].url needs the environment variable HOOK, which is not set',
  ]);
});

test('a sound one, and none', async () => {
  await project.load(sound());
  project.file(
    'notifications.yml',
    `route: { receiver: ops }\nreceivers: [{ name: ops, slack: [{ url: \${env:HOOK} }] }]\n`,
  );
  await project.load(sound(), { HOOK: 'https://slack.example/x' });
});
