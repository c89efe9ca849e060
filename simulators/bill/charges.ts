/** All charges of a load under one set of choices. Pure. */
import { type FunctionBill, functionBills, lambdaLines } from './lambda.js';
import { type Line, Meter, sum } from './meter.js';
import type { PriceFile } from './prices.js';
import type { Assumptions, Choices, LoadProfile } from './profile.js';
import { dynamoLines, httpApiLines, iotLines, logLines, transferLines } from './services.js';
import { kinesisLines, type StreamTraffic, trafficOf } from './streams.js';

export interface ServiceCharges {
  readonly name: string;
  readonly lines: readonly Line[];
  /** US dollars a month. */
  readonly cost: number;
}

export interface Charges {
  readonly services: readonly ServiceCharges[];
  readonly total: number;
  readonly functions: readonly FunctionBill[];
  readonly traffic: readonly StreamTraffic[];
}

export interface Pricing {
  readonly prices: PriceFile;
  readonly assumptions: Assumptions;
  readonly choices: Choices;
}

export function chargesOf(profile: LoadProfile, { prices, assumptions, choices }: Pricing): Charges {
  const meter = new Meter(prices, choices.freeTier);
  const traffic = trafficOf(profile, assumptions, choices);
  const functions = functionBills({ profile, assumptions, choices, traffic });
  const services = [
    service('IoT Core', iotLines(profile, assumptions, choices, meter)),
    service('Kinesis', kinesisLines(traffic, profile, choices, meter)),
    service('Lambda', lambdaLines(functions, choices, meter)),
    service('DynamoDB', dynamoLines(profile, assumptions, functions, meter)),
    service('HTTP API', httpApiLines(profile, meter)),
    service('CloudWatch Logs', logLines(profile, assumptions, functions, meter)),
    service('Data transfer', transferLines(profile, assumptions, meter)),
  ];
  return { services, total: sum(services), functions, traffic };
}

function service(name: string, lines: readonly Line[]): ServiceCharges {
  return { name, lines, cost: sum(lines) };
}
