/**
 * CloudFormation's functions as far as one machine can answer them: Ref, Fn::GetAtt, Fn::Sub and Fn::Join over the
 * resources of this file. Everything else only AWS can answer.
 */
import { ACCOUNT, type Resource, type Resources } from './resources.js';
import { isObject } from './values.js';

/** The string a value stands for, or undefined when only AWS could say. */
export function evaluate(value: unknown, resources: Resources): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (!isObject(value)) return undefined;
  const [entry, ...others] = Object.entries(value);
  if (entry === undefined || others.length > 0) return undefined;
  const [name, argument] = entry;
  if (name === 'Ref') return reference(String(argument), resources);
  if (name === 'Fn::GetAtt') {
    const [id, attribute] = Array.isArray(argument) ? argument.map(String) : String(argument).split('.');
    return attributeOf(resources.byId.get(id ?? ''), attribute ?? '');
  }
  if (name === 'Fn::Sub') return substitute(argument, resources);
  if (name === 'Fn::Join') return join(argument, resources);
  return undefined;
}

/** Logical id that a Ref or Fn::GetAtt names, for messages. */
export function referredId(value: unknown): string | undefined {
  if (!isObject(value)) return undefined;
  if (typeof value.Ref === 'string') return value.Ref;
  const argument = value['Fn::GetAtt'];
  if (argument === undefined) return undefined;
  return String(Array.isArray(argument) ? argument[0] : String(argument).split('.')[0]);
}

function reference(id: string, { region, byId }: Resources): string | undefined {
  const pseudo: Record<string, string> = {
    'AWS::Region': region,
    'AWS::AccountId': ACCOUNT,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
  };
  if (pseudo[id] !== undefined) return pseudo[id];
  const resource = byId.get(id);
  if (resource === undefined || resource.arn === '') return undefined;
  if (resource.type === 'AWS::SQS::Queue') return queueUrl(resource);
  return resource.type === 'AWS::SNS::Topic' || resource.type.startsWith('AWS::MSK::')
    ? resource.arn
    : resource.name;
}

function attributeOf(resource: Resource | undefined, attribute: string): string | undefined {
  if (resource === undefined || resource.arn === '') return undefined;
  if (attribute === 'Arn' || attribute === 'TopicArn') return resource.arn;
  if (attribute === 'QueueName' || attribute === 'TopicName') return resource.name;
  return attribute === 'QueueUrl' ? queueUrl(resource) : undefined;
}

function queueUrl({ arn, name }: Resource): string {
  return `https://sqs.${arn.split(':')[3]}.amazonaws.com/${ACCOUNT}/${name}`;
}

function substitute(argument: unknown, resources: Resources): string | undefined {
  const [template, variables] = Array.isArray(argument) ? argument : [argument, {}];
  if (typeof template !== 'string') return undefined;
  let unknown = false;
  const result = template.replace(/\$\{(!?)([^}]+)\}/g, (whole_, literal: string, name: string) => {
    if (literal === '!') return `\${${name}}`;
    const own = isObject(variables) ? variables[name] : undefined;
    const [id, attribute] = name.split('.') as [string, string?];
    const value =
      own !== undefined
        ? evaluate(own, resources)
        : attribute === undefined
          ? reference(id, resources)
          : attributeOf(resources.byId.get(id), attribute);
    if (value === undefined) unknown = true;
    return value ?? whole_;
  });
  return unknown ? undefined : result;
}

function join(argument: unknown, resources: Resources): string | undefined {
  if (!Array.isArray(argument) || !Array.isArray(argument[1])) return undefined;
  const parts = argument[1].map((part) => evaluate(part, resources));
  return parts.includes(undefined) ? undefined : parts.join(String(argument[0]));
}
