/**
 * Which routes tell an alert, and in which groups. As in Alertmanager (dispatch/route.go): the children are asked in
 * order, the first that matches takes the alert unless it says `continue`; where none does, the route itself.
 */
import { createHash } from 'node:crypto';
import { Hours } from '../alert/hours.js';
import { labelOf, matcherText, type Test, testOf } from './config/matchers.js';
import type { NotificationConfig, Route } from './config/types.js';
import type { Labels } from './labels.js';

interface Node {
  readonly route: Route;
  readonly test: Test;
  readonly children: readonly Node[];
}

export interface Membership {
  /** Of the group: route and group labels. */
  readonly key: string;
  readonly route: Route;
  readonly labels: Labels;
}

export class Routing {
  /** Of what decides who is told what: groups that were made by another one are made anew. */
  readonly version: string;
  readonly #root: Node;
  readonly #routes = new Map<string, Route>();
  readonly #hours = new Map<string, Hours>();

  constructor({ route }: NotificationConfig) {
    this.#root = this.#nodeOf(route);
    this.version = createHash('sha256')
      .update(JSON.stringify(shapeOf(route)))
      .digest('hex')
      .slice(0, 8);
  }

  /** Undefined when there is none of this key (any more). */
  route(key: string): Route | undefined {
    return this.#routes.get(key);
  }

  /** Whether a route tells at this time (epoch ms) what begins. */
  isActive({ key }: Route, at: number): boolean {
    return this.#hours.get(key)?.includes(at) ?? true;
  }

  /** At least one, none twice. */
  memberships(labels: Labels): readonly Membership[] {
    return routesOf(this.#root, labels).map((route) => {
      const own = groupLabels(route, labels);
      return { key: `${route.key}:${groupText(own)}`, route, labels: own };
    });
  }

  #nodeOf(route: Route): Node {
    this.#routes.set(route.key, route);
    if (route.active !== null) this.#hours.set(route.key, new Hours(route.active));
    return {
      route,
      test: testOf(route.matchers),
      children: route.routes.map((child) => this.#nodeOf(child)),
    };
  }
}

function routesOf(node: Node, labels: Labels): Route[] {
  const found: Route[] = [];
  for (const child of node.children) {
    if (!child.test(labels)) continue;
    found.push(...routesOf(child, labels));
    if (!child.route.continue) break;
  }
  return found.length === 0 ? [node.route] : found;
}

function groupLabels({ groupBy }: Route, labels: Labels): Labels {
  const names = groupBy ?? Object.keys(labels);
  return Object.fromEntries(
    [...names]
      .sort()
      .filter((name) => Object.hasOwn(labels, name))
      .map((name) => [name, labelOf(labels, name)]),
  );
}

/** `{alertname="TooWarm",site="north"}`, as Alertmanager writes it. */
function groupText(labels: Labels): string {
  const parts = Object.entries(labels).map(([name, value]) =>
    matcherText({ name, value, isRegex: false, isEqual: true }),
  );
  return `{${parts.join(',')}}`;
}

function shapeOf({ key, receiver, groupBy, continue: isContinued, routes }: Route): unknown {
  return [key, receiver, groupBy, isContinued, routes.map(shapeOf)];
}
