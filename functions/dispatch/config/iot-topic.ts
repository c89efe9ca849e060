/** Topics of AWS IoT that notifications are published on: what may stand in them. */

/** In braces: what it is of the notification. */
const NAMES: readonly string[] = ['status', 'receiver', 'severity', 'alertname'];
const PLACEHOLDER = /\{([^{}]*)\}/g;
/** AWS IoT's own limit: seven slashes. */
const MOST_LEVELS = 8;

/** What is wrong with it, if anything. */
export function topicProblem(topic: string): string | undefined {
  const unknown = [...topic.matchAll(PLACEHOLDER)].find(([, name]) => !NAMES.includes(name!));
  if (unknown !== undefined) return `${unknown[0]} stands for nothing; known: ${NAMES.join(', ')}`;
  if (topic === '' || /[+#\0]|^\$/.test(topic) || topic.split('/').length > MOST_LEVELS) {
    return `must be a topic of at most ${MOST_LEVELS} levels, without wildcards, such as alerts/{severity}`;
  }
  return undefined;
}

export function fillTopic(topic: string, value: (name: string) => string): string {
  return topic.replaceAll(PLACEHOLDER, (_, name: string) => value(name));
}
