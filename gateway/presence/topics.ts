/** The topics of devices' presence, and which device a topic speaks of when nothing has been published yet. */
import { asFilter, isDeviceId, parsePattern } from '../topics.js';

export interface PresenceTopics {
  /** Matches every device's presence topic. */
  readonly filter: string;
  topicOf(deviceId: string): string;
  /** The device whose presence topic it is, or undefined. */
  deviceOf(topic: string): string | undefined;
  /**
   * The device that a last will on the topic is of, or undefined: it is the device's presence topic, or begins like one
   * of its telemetry topics, as `devices/dev-1/status` does.
   */
  namedBy(topic: string): string | undefined;
}

const PLACEHOLDER = '{deviceId}';

/** Both with one level `{deviceId}`. */
export function createPresenceTopics(
  presenceTopic: string,
  telemetryTopics: readonly string[],
): PresenceTopics {
  const [before, after] = presenceTopic.split(PLACEHOLDER) as [string, string];
  const idOf = parsePattern(presenceTopic);
  // Where the id is the first level, any topic would begin like one of a device.
  const beginnings = [presenceTopic, ...telemetryTopics]
    .map((pattern) => pattern.slice(0, pattern.indexOf(PLACEHOLDER)))
    .filter((beginning) => beginning !== '');
  const checked = (id: string | undefined) => (id !== undefined && isDeviceId(id) ? id : undefined);
  const deviceOf = (topic: string) => checked(idOf(topic));
  return {
    filter: asFilter(presenceTopic),
    topicOf: (deviceId) => before + deviceId + after,
    deviceOf,
    namedBy(topic) {
      const own = deviceOf(topic);
      if (own !== undefined) return own;
      const beginning = beginnings.find((each) => topic.startsWith(each));
      return beginning === undefined ? undefined : checked(topic.slice(beginning.length).split('/', 1)[0]);
    },
  };
}
