import { Document, isScalar, visit } from "yaml";
import { Secret } from "../core/secret.ts";
import type { LoadedConfig } from "./load.ts";

/** The configuration as plain data, secrets masked, for `--json`. */
export function maskedConfig({ config }: LoadedConfig): unknown {
  return masked(config);
}

function masked(value: unknown): unknown {
  if (value instanceof Secret) return value.toJSON();
  if (Array.isArray(value)) return value.map(masked);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => [key, masked(item)]),
  );
}

/** The configuration as YAML in which every value says where it came from. */
export function describeConfig(loaded: LoadedConfig): string {
  const document = new Document(maskedConfig(loaded));
  visit(document, {
    Scalar(key, node, ancestors) {
      if (key === "key") return;
      const path = pathOf([...ancestors, node]);
      node.comment = ` ${loaded.originOf(path)}`;
    },
  });
  return document.toString({ lineWidth: 0 });
}

/** The path of the last node of a chain of ancestors, as visit() gives it. */
function pathOf(chain: readonly unknown[]): PropertyKey[] {
  return chain.flatMap((node, index): PropertyKey[] => {
    if (typeof node === "object" && node !== null && "key" in node && "value" in node) {
      return isScalar(node.key) ? [String(node.key.value)] : [];
    }
    if (typeof node === "object" && node !== null && "items" in node && Array.isArray(node.items)) {
      const next: unknown = chain[index + 1];
      const position = node.items.indexOf(next);
      const isSequence = !(typeof next === "object" && next !== null && "key" in next);
      return isSequence && position >= 0 ? [position] : [];
    }
    return [];
  });
}
