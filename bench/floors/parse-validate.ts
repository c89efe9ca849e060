/**
 * The floor under every function: JSON.parse and the compiled validator alone, on one thread, on events of about 150
 * bytes. What the whole job costs beyond that is ours to answer for.
 */
import { fileURLToPath } from 'node:url';
import { loadSchemas } from '../../schemas/registry.js';

const SECONDS = 3;
const EVENTS = 1_000;

export interface ParseValidateFloor {
  readonly eventsPerSecond: number;
  readonly cpuSecondsPerMillion: number;
}

export async function benchParseValidate(): Promise<ParseValidateFloor> {
  const validate = loadSchemas(schemaFolder()).validator('environment');
  if (validate === undefined) throw new Error('no schema of device type environment');
  const payloads = Array.from({ length: EVENTS }, (_, index) => payload(index));
  const round = (): void => {
    for (const bytes of payloads) {
      if (!validate(JSON.parse(bytes.toString('utf8'))))
        throw new Error('the validator refuses a good event');
    }
  };
  for (let warmUp = 0; warmUp < 100; warmUp++) round();
  const cpu = process.cpuUsage();
  const started = performance.now();
  let events = 0;
  while (performance.now() - started < SECONDS * 1000) {
    round();
    events += EVENTS;
  }
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { eventsPerSecond: events / seconds, cpuSecondsPerMillion: (user + system) / events };
}

function payload(index: number): Buffer {
  const event = {
    ts: 1_700_000_000_000 + index,
    seq: 100_000 + index,
    temperature: 20 + (index % 100) / 10,
    humidity: 40.25,
    battery: 3.71,
    pressure: 1013.25,
    co2: 417 + (index % 50),
    firmware: '1.14.2-f3a9c1',
    door: index % 2 === 0,
  };
  return Buffer.from(JSON.stringify(event));
}

/** Run from dist/ or from the sources: the schemas lie in the project's folder, dist/ has none. */
function schemaFolder(): string {
  const here = fileURLToPath(import.meta.url);
  const root = here.slice(0, here.lastIndexOf('bench')).replace(/[\\/]dist[\\/]$/, '/');
  return `${root}schemas`;
}
