import { both, conditionOf, parseMatchers } from "./matchers.ts";
import type { Matcher } from "./matchers.ts";
import type { Lines, Names, PlainMap } from "./imported.ts";

/*
 * Alertmanager's tree of routes as a list (docs/configuration.md#route of prometheus/alertmanager). There an alert goes down
 * into the first child that matches, and on to the next one only with `continue`; a node's own receiver is used when no child
 * matched. In the list the children come before their parent. `stop` keeps an alert from what comes after; where some node
 * above or below says `continue`, `not` leaves out what was handled already.
 */

export interface Node {
  readonly matchers: readonly Matcher[];
  readonly receiver: string;
  readonly isContinued: boolean;
  readonly children: readonly Node[];
}

/** Where a receiver's messages go: a route for each group, since receivers may have channels without CANCEL. */
export interface Group {
  readonly channels: readonly string[];
  readonly sendsResolved: boolean;
}

export interface TreeContext {
  readonly groupsOf: (receiver: string) => readonly Group[];
  readonly names: Names;
  readonly notCarried: Lines;
}

/** What an alert must be, and must not be, to come to a node. */
interface Gate {
  readonly match: PlainMap;
  readonly not: readonly PlainMap[];
  /** Whether nobody above says `continue`: what matches here is not wanted by anybody else. */
  readonly isLast: boolean;
}

export function flatten(root: Node, context: TreeContext): readonly PlainMap[] {
  const gate: Gate = { match: {}, not: [], isLast: true };
  const below = flattenChildren(root, gate, context).routes;
  return [
    ...below,
    ...routesFor(root, { ...gate, isLast: false }, context).map((route) => ({ ...route, default: true })),
  ];
}

function flattenChildren(
  { children }: Node,
  gate: Gate,
  context: TreeContext,
): { readonly routes: readonly PlainMap[]; readonly handled: readonly Node[] } {
  const routes: PlainMap[] = [];
  const handled: Node[] = [];
  let not = gate.not;
  for (const child of children) {
    routes.push(...flattenNode(child, { ...gate, not }, context));
    if (isSettled(child, gate.isLast)) continue;
    handled.push(child);
    if (!child.isContinued) not = [...not, ...exclusion(child, context)];
  }
  return { routes, handled };
}

function flattenNode(node: Node, gate: Gate, context: TreeContext): readonly PlainMap[] {
  const own = blocksOf(node, context);
  const match = both(gate.match, own.match);
  if (match === undefined) {
    context.notCarried.add(
      `the route to \`${node.receiver}\`: two conditions on one label; only the inner one is kept`,
    );
  }
  const inner: Gate = {
    match: match ?? { ...gate.match, ...own.match },
    not: [...gate.not, ...own.not],
    isLast: gate.isLast && !node.isContinued,
  };
  const { routes, handled } = flattenChildren(node, inner, context);
  const not = [...inner.not, ...handled.flatMap((child) => exclusion(child, context))];
  return [...routes, ...routesFor(node, { ...inner, not }, context)];
}

/** Whether every alert that comes to a node is kept from what follows by a `stop`. */
function isSettled(node: Node, isLast: boolean): boolean {
  return isLast && !node.isContinued && node.children.every((child) => isSettled(child, isLast));
}

function routesFor(node: Node, { match, not, isLast }: Gate, context: TreeContext): readonly PlainMap[] {
  const groups = context.groupsOf(node.receiver);
  const all: readonly Group[] = groups.length === 0 ? [{ channels: [], sendsResolved: true }] : groups;
  const conditions = { ...match, ...(not.length === 0 ? {} : { not: not.length === 1 ? not[0] : not }) };
  return all.map(({ channels, sendsResolved }, index) => ({
    name: context.names.route(node.receiver),
    ...(Object.keys(conditions).length === 0 ? {} : { match: conditions }),
    channels,
    ...(sendsResolved ? {} : { cancel: { send: false } }),
    ...(isLast && index === all.length - 1 ? { stop: true } : {}),
  }));
}

/** The block that leaves out what a node handles; none where it cannot be said so. */
function exclusion(node: Node, context: TreeContext): readonly PlainMap[] {
  const { match, not } = blocksOf(node, context);
  if (not.length === 0 && Object.keys(match).length > 0) return [match];
  context.notCarried.add(
    `the route to \`${node.receiver}\`: alerts that it takes may also be taken by the routes after it; look at them`,
  );
  return [];
}

function blocksOf({ matchers, receiver }: Node, { notCarried }: TreeContext): Pick<Gate, "match" | "not"> {
  let match: PlainMap = {};
  const not: PlainMap[] = [];
  for (const one of matchers) {
    const condition = conditionOf(one);
    if ("problem" in condition) {
      notCarried.add(`the route to \`${receiver}\`: ${condition.problem}`);
    } else if (one.operator.startsWith("!")) {
      not.push(condition.block);
    } else {
      match = both(match, condition.block) ?? { ...match, ...condition.block };
    }
  }
  return { match, not };
}

/** The matchers of the three ways of writing them; what cannot be read is told. */
export function matchersOf(
  { match, match_re, matchers }: RawMatchers,
  unreadable: (text: string) => void,
): readonly Matcher[] {
  const listed = (map: RawMatchers["match"], operator: Matcher["operator"]): readonly Matcher[] =>
    Object.entries(map ?? {}).map(([label, value]) => ({ label, operator, value: String(value) }));
  const written = (matchers ?? []).flatMap((text) => {
    const parsed = parseMatchers(text);
    if (parsed === undefined) unreadable(text);
    return parsed ?? [];
  });
  return [...listed(match, "="), ...listed(match_re, "=~"), ...written];
}

export interface RawMatchers {
  readonly match?: Readonly<Record<string, string | number | boolean>> | undefined;
  readonly match_re?: Readonly<Record<string, string | number | boolean>> | undefined;
  readonly matchers?: readonly string[] | undefined;
}
