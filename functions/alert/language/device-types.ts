/**
 * For which device types a condition can hold at all: from what it demands of `device.type` (`==`, `in` a list) in all
 * cases. Rules about other types are passed over for next to nothing.
 */
import type { ASTNode } from '@marcbachmann/cel-js';
import { constantOf, variableMember } from './cel.js';

/** Null: any type. */
export function deviceTypesOf(node: ASTNode): readonly string[] | null {
  switch (node.op) {
    case '&&': {
      const [left, right] = node.args.map(deviceTypesOf);
      if (left === null || right === null) return left ?? right ?? null;
      return left!.filter((type) => right!.includes(type));
    }
    case '||': {
      const [left, right] = node.args.map(deviceTypesOf);
      return left === null || right === null ? null : [...new Set([...left!, ...right!])];
    }
    case '==': {
      const [left, right] = node.args;
      const literal = isDeviceType(left) ? right : isDeviceType(right) ? left : undefined;
      const type = literal === undefined ? undefined : constantOf(literal);
      return typeof type === 'string' ? [type] : null;
    }
    case 'in': {
      const [left, right] = node.args;
      const types = isDeviceType(left) && right.op === 'list' ? constantOf(right) : undefined;
      return isTexts(types) ? [...new Set(types)] : null;
    }
    default:
      return null;
  }
}

function isDeviceType(node: ASTNode): boolean {
  const member = variableMember(node);
  return member?.variable === 'device' && member.name === 'type';
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
