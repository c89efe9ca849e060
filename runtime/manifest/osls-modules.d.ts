// The parts of osls' configuration reader that Millrace uses. osls ships no types for them; the version is pinned.
declare module 'osls/lib/configuration/read.js' {
  /** Reads and parses a configuration file (CloudFormation tags included). Rejects with a `code` of its own. */
  const read: (path: string) => Promise<Record<string, unknown>>;
  export default read;
}

declare module 'osls/lib/configuration/variables/index.js' {
  /** Resolves `${…}` in `configuration`, in place. */
  const resolve: (input: {
    serviceDir: string;
    configuration: Record<string, unknown>;
    options?: Record<string, unknown>;
    sources?: Record<string, unknown>;
  }) => Promise<void>;
  export default resolve;
}

declare module 'osls/lib/configuration/variables/resolve-meta.js' {
  /** Property path (keys joined by NUL) -> the variables still unresolved there. */
  const resolveMeta: (configuration: Record<string, unknown>) => Map<string, unknown>;
  export default resolveMeta;
}

declare module 'osls/lib/configuration/variables/sources/*' {
  const source: { resolve: (input: never) => unknown };
  export default source;
}

declare module 'osls/lib/configuration/variables/sources/instance-dependent/get-sls.js' {
  const sourceOf: () => { resolve: (input: never) => unknown };
  export default sourceOf;
}

declare module 'osls/lib/plugins/aws/lib/naming.js' {
  /** Logical ids of generated resources. Methods call each other: not to be taken apart. */
  const naming: {
    getLambdaLogicalId(functionName: string): string;
    getStreamLogicalId(functionName: string, type: string, stream: string): string;
    getKafkaEventLogicalId(functionName: string, topic: string): string;
    getMSKEventLogicalId(functionName: string, cluster: string, topic: string): string;
    getQueueLogicalId(functionName: string, queue: string): string;
    getIotLogicalId(functionName: string, index: number): string;
    getScheduleLogicalId(functionName: string, index: number): string;
    getSchedulerScheduleLogicalId(functionName: string, index: number): string;
  };
  export default naming;
}
