/** Who reads which stream: every function with a stream trigger, and every IoT rule. */
import type { FunctionManifest, IotTrigger, Manifest, StreamTrigger } from './manifest/manifest.js';

/** The stream that devices' events go to, and that IoT rules select from. */
export const TELEMETRY = 'telemetry';

export type Consumer = {
  /** Names its checkpoints: the function's name, or the rule's. */
  readonly name: string;
  readonly stream: string;
  readonly fn: FunctionManifest;
} & (
  | { readonly kind: 'function'; readonly trigger: StreamTrigger }
  | { readonly kind: 'rule'; readonly trigger: IotTrigger }
);

/** Those that are switched on, unless all are asked for. */
export function consumersOf({ functions }: Manifest, all = false): Consumer[] {
  return functions.flatMap((fn) => {
    let rules = 0;
    return fn.triggers.flatMap((trigger): Consumer[] => {
      if (trigger.type === 'iot') rules++;
      if ((trigger.type !== 'stream' && trigger.type !== 'iot') || !(trigger.enabled || all)) return [];
      return trigger.type === 'stream'
        ? [{ kind: 'function', name: fn.name, stream: trigger.stream, fn, trigger }]
        : [{ kind: 'rule', name: `${fn.name}/rule-${rules}`, stream: TELEMETRY, fn, trigger }];
    });
  });
}
