/** CloudWatch's REPORT line of one invocation. */
export interface Report {
  readonly requestId: string;
  readonly durationMs: number;
  readonly memoryMB: number;
  /** The most the environment was seen using, bytes. */
  readonly memoryBytes: number;
  /** Spawning, importing and creating, ms; only with the first invocation of an environment. */
  readonly initMs?: number;
}

export function reportLine({ requestId, durationMs, memoryMB, memoryBytes, initMs }: Report): string {
  const parts = [
    `REPORT RequestId: ${requestId}`,
    `Duration: ${durationMs.toFixed(2)} ms`,
    `Billed Duration: ${Math.ceil(durationMs)} ms`,
    `Memory Size: ${memoryMB} MB`,
    `Max Memory Used: ${Math.ceil(memoryBytes / 1024 ** 2)} MB`,
  ];
  if (initMs !== undefined) parts.push(`Init Duration: ${initMs.toFixed(2)} ms`);
  return parts.join(' ');
}
