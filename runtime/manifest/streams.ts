/** Kinesis streams under `resources`. Other resources belong to AWS alone and are left to it. */
import type { StreamManifest } from './manifest.js';
import type { PathKeys, Problems } from './problems.js';
import type { StreamNames } from './stream-trigger.js';

const HOUR = 3_600_000;

export interface DeclaredStreams {
  readonly streams: readonly StreamManifest[];
  readonly names: StreamNames;
}

/** @param resources the section `resources`: one template, or a list of them */
export function streamsOf(resources: unknown, problems: Problems): DeclaredStreams {
  const streams: StreamManifest[] = [];
  const names = new Map<string, string>();
  const list = Array.isArray(resources);
  [resources].flat().forEach((template, index) => {
    const at = list ? ['resources', index, 'Resources'] : ['resources', 'Resources'];
    for (const [id, resource] of Object.entries(Object(Object(template).Resources))) {
      const { Type, Properties } = Object(resource) as { Type?: unknown; Properties?: unknown };
      if (Type !== 'AWS::Kinesis::Stream') continue;
      const stream = streamOf(Object(Properties), [...at, id, 'Properties'], problems);
      if (streams.some(({ name }) => name === stream.name)) {
        problems.add([...at, id, 'Properties', 'Name'], `a second stream named ${stream.name}`);
      }
      streams.push(stream);
      names.set(id, stream.name);
    }
  });
  return { streams, names };
}

function streamOf(
  { Name, ShardCount, RetentionPeriodHours = 24, StreamModeDetails }: Record<string, unknown>,
  at: PathKeys,
  problems: Problems,
): StreamManifest {
  const named = typeof Name === 'string' && /^[\w.-]{1,128}$/.test(Name);
  if (!named) problems.add([...at, 'Name'], 'must be 1 to 128 letters, digits, _, . or -');
  if (Object(StreamModeDetails).StreamMode === 'ON_DEMAND') {
    problems.add(
      [...at, 'StreamModeDetails'],
      'ON_DEMAND is known on AWS, but the local runtime needs a ShardCount',
    );
  } else if (!isWhole(ShardCount, 1, 1000)) {
    problems.add([...at, 'ShardCount'], 'must be a whole number from 1 to 1000');
  }
  if (!isWhole(RetentionPeriodHours, 24, 8760)) {
    problems.add([...at, 'RetentionPeriodHours'], 'must be a whole number from 24 to 8760');
  }
  return {
    name: named ? Name : '',
    partitions: Number(ShardCount),
    retentionMs: Number(RetentionPeriodHours) * HOUR,
  };
}

function isWhole(value: unknown, lowest: number, highest: number): boolean {
  return Number.isInteger(value) && (value as number) >= lowest && (value as number) <= highest;
}
