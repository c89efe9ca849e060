/**
 * validate: stream telemetry -> latest event per device, quarantine, and a reply to the publisher of what was refused.
 *
 * The replies are sent after the commit and are not repeated: a crash, or a broker that fails, between the two loses
 * them, and records applied again by another environment may have been answered already. The quarantine is the
 * truth; the reply is a courtesy that names its entry.
 */
import { join } from 'node:path';
import { lambdaHandler } from '../../adapters/aws/lambda.js';
import { messageOf } from '../../common/errors.js';
import { EventDecoder } from '../../schemas/decode.js';
import { loadSchemas } from '../../schemas/registry.js';
import type { QuarantineEntry, ValidationTally } from '../../stores/validation.js';
import type { Batch } from '../../streams/batch.js';
import { type CreateFunction, type Platform, SUCCESS } from '../contract.js';
import { firstIndexFrom, isFresh } from '../resume.js';
import { emptyTally, rejections, replacing, scan } from './core.js';

/** Replies per device and invocation. */
const MAX_REPLIES = 100;
/** Devices whose latest event time is remembered per partition; beyond, all are forgotten and read again. */
const MAX_KNOWN = 200_000;

/** What an environment remembers of a partition between invocations. */
interface Warm {
  readonly tally: ValidationTally;
  /** Event time of each device's latest row; -Infinity for a device that has none. */
  readonly known: Map<string, number>;
}

export const create: CreateFunction = (platform) => {
  const decoder = new EventDecoder(loadSchemas(join(platform.settings.root, 'schemas')), platform.settings);
  const partitions = new Map<number, Warm>();

  const process = async (batch: Batch) => {
    const { partition } = batch;
    const cached = partitions.get(partition);
    // Forgotten until the commit is known to have succeeded: a failure leaves nothing half-true behind.
    partitions.delete(partition);
    const warm =
      cached !== undefined && isFresh(cached.tally.nextOffset, batch)
        ? cached
        : await load(platform, partition);
    if (firstIndexFrom(batch, warm.tally.nextOffset) === batch.count) {
      partitions.set(partition, warm);
      return SUCCESS;
    }
    const scanned = scan(batch, warm.tally, decoder);
    await learn(platform, warm.known, [...scanned.latest.keys()]);
    const latest = replacing(scanned, warm.known);
    const { tally, quarantined } = scanned;
    await platform.stores.validation.commit({ tally, from: warm.tally.nextOffset, latest, quarantined });
    for (const { deviceId, eventTime } of latest) warm.known.set(deviceId, eventTime);
    partitions.set(partition, { tally, known: warm.known });
    await reply(platform, quarantined);
    return SUCCESS;
  };
  return { process };
};

export const handler = lambdaHandler(create);

async function load({ stores }: Platform, partition: number): Promise<Warm> {
  return {
    tally: (await stores.validation.tally(partition)) ?? emptyTally(partition),
    known: new Map(),
  };
}

/** Reads the rows of the devices not known yet, in one query. */
async function learn({ stores }: Platform, known: Map<string, number>, deviceIds: string[]): Promise<void> {
  if (known.size + deviceIds.length > MAX_KNOWN) known.clear();
  const unknown = deviceIds.filter((deviceId) => !known.has(deviceId));
  if (unknown.length === 0) return;
  for (const deviceId of unknown) known.set(deviceId, Number.NEGATIVE_INFINITY);
  for (const { deviceId, eventTime } of await stores.validation.latest(unknown))
    known.set(deviceId, eventTime);
}

async function reply(platform: Platform, quarantined: readonly QuarantineEntry[]): Promise<void> {
  const messages = rejections(quarantined, MAX_REPLIES);
  if (messages.length === 0) return;
  try {
    await platform.publish(messages);
  } catch (error) {
    // Failing now would not bring them back: the records are committed, and skipped when they come again.
    platform.log.warn(
      { replies: messages.length, reason: messageOf(error) },
      'publishers of refused events got no reply; the quarantine has the events',
    );
  }
}
