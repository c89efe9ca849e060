/** A text as one level of an MQTT topic: what separates levels, is a wildcard or is forbidden becomes `_`. */
export function topicLevel(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: NUL is what MQTT forbids in topics (MQTT-4.7.3-2)
  return text === '' ? '_' : text.replace(/[/+#\u0000]/g, '_');
}
