import { manifestProject, type Project, sound } from '../../support/manifest-project.js';

let project: Project;
beforeEach(() => {
  project = manifestProject();
});
afterEach(() => project.remove());

const definition = (rest: string) => `aggregations:\n  - { name: a, window: 10s, ${rest} }\n`;

test('definitions lie beside serverless.yml, in order of file name', async () => {
  project.file('aggregations/b.yml', 'aggregations: [{ name: b, window: { last: 5 }, by: device }]');
  project.file('aggregations/a.yaml', `settings: { timeZone: Europe/Berlin }\n${definition('by: device')}`);
  project.file('aggregations/.hidden.yml', '- nothing');
  project.file('aggregations/notes.md', 'nothing');
  const { settings } = await project.load(sound());
  expect(settings.aggregate).toMatchObject({
    timeZone: 'Europe/Berlin',
    maxAheadMs: 10_000,
    definitions: [
      { name: 'a', place: 'aggregations/a.yaml:3' },
      { name: 'b', place: 'aggregations/b.yml:1' },
    ],
  });
});

test('tags and device types are those of the project', async () => {
  const content = sound();
  content.custom.millrace = { deviceTags: { byDevice: { '{site}-*': { kind: 'x' } }, fromEvent: ['line'] } };
  project.file('schemas/types/pump.json', '{}');
  project.file('aggregations/a.yml', definition('by: [site, kind, line, type], deviceTypes: [pump]'));
  expect((await project.load(content)).settings.aggregate.definitions[0]).toMatchObject({
    by: ['site', 'kind', 'line', 'type'],
    deviceTypes: ['pump'],
  });
  project.file('aggregations/a.yml', definition('by: [sit], deviceTypes: [pum]'));
  expect(await project.problems(content)).toEqual([
    'aggregations/a.yml:2: aggregations[0].by[0] no device ever has the tag sit; did you mean "site"?; custom.millrace.deviceTags gives tags',
    'aggregations/a.yml:2: aggregations[0].deviceTypes[0] there is no schemas/types/pum.json; did you mean "pump"?',
  ]);
});

test('their problems come with all others', async () => {
  const content = sound();
  content.functions.tick.timeout = 901;
  content.custom.millrace = { gatway: {} };
  // The tag is not refused: nobody knows yet which ones there are.
  project.file('aggregations/a.yml', definition('by: [site], publish: often'));
  expect(await project.problems(content)).toEqual([
    expect.stringMatching(/^custom\.millrace\.gatway: /),
    'aggregations/a.yml:2: aggregations[0].publish must be true or false',
    expect.stringMatching(/^functions\.tick\.timeout: /),
  ]);
});

test('windows are kept for as long as they change', async () => {
  const content = sound();
  content.custom.millrace = { retention: { windows: '1d' } };
  project.file(
    'aggregations/a.yml',
    `aggregations:
  - { name: short, window: 1m, by: device, allowedLateness: 23h }
  - { name: trips, window: { session: 5m }, by: device }
  - { name: late, window: 1s, by: device, allowedLateness: 1d }
  - { name: latest, window: { last: 9 }, by: device }
`,
  );
  expect(await project.problems(content)).toEqual([
    expect.stringMatching(
      /retention\.windows: .*: trips \(aggregations\/a.yml:3\), late \(aggregations\/a.yml:4\)$/,
    ),
  ]);
});
