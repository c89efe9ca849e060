import { manifestProject, type Project, type Tree } from '../../support/manifest-project.js';

let project: Project;
beforeAll(() => {
  project = manifestProject();
});
afterAll(() => project.remove());

const SQL = "SELECT temperature FROM 'devices/+/telemetry' WHERE temperature > 30";
const iot = (settings: Tree = {}) => ({ iot: { sql: SQL, sqlVersion: '2016-03-23', ...settings } });

test.each<[Tree, object]>([
  [{}, { type: 'iot', sql: SQL, enabled: true }],
  [
    { enabled: false, name: 'hot', description: 'Too hot' },
    { type: 'iot', sql: SQL, enabled: false },
  ],
  // As the packager does: line breaks go, and nothing comes in their place.
  [{ sql: "SELECT *\n FROM 'a/b'\r\n" }, { type: 'iot', sql: "SELECT * FROM 'a/b'", enabled: true }],
])('takes %j', async (settings, expected) => {
  expect(await project.triggers(iot(settings))).toEqual([expected]);
});

test.each<[unknown, string, string]>([
  [{ iot: SQL }, '', 'must be a mapping'],
  [iot({ sql: undefined }), '.sql', ''],
  [iot({ sql: 'SELECT' }), '.sql', ''],
  [iot({ sql: 5 }), '.sql', ''],
  [iot({ sqlVersion: undefined }), '.sqlVersion', "must be '2016-03-23'"],
  [iot({ sqlVersion: 'beta' }), '.sqlVersion', "must be '2016-03-23'"],
  [iot({ name: 'a-b' }), '.name', 'must be 1 to 128 letters'],
  [iot({ enabled: 'no way' }), '.enabled', 'must be true or false'],
  [iot({ version: 1 }), '.version', 'unknown setting; known are sql'],
])('refuses %j', async (event, path, reason) => {
  const found = await project.refused(event);
  expect(found).toEqual([expect.stringContaining(`functions.alert.events[0].iot${path}: `)]);
  expect(found[0]).toContain(reason);
});
