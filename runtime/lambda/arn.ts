/** The parts of an ARN, `arn:partition:service:region:account:resource`, that events repeat. */
export interface ArnParts {
  readonly service: string;
  readonly region: string;
  readonly account: string;
}

/** AWS' own example account: what made-up ARNs are of. */
const EXAMPLE_ACCOUNT = '123456789012';

/** @param fallbackRegion when the ARN names none, or is none */
export function arnParts(arn: string, fallbackRegion: string): ArnParts {
  const [, , service = '', region = '', account = ''] = arn.split(':');
  return { service, region: region || fallbackRegion, account: account || EXAMPLE_ACCOUNT };
}
