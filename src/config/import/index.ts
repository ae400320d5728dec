import { messageOf } from "../../core/errors.ts";
import { parseConfig } from "../load.ts";
import { importAlertmanager } from "./alertmanager.ts";
import { importAtsd } from "./atsd.ts";
import { importBuildbot } from "./buildbot.ts";
import { importInvalid, yamlOf } from "./imported.ts";
import type { Imported } from "./imported.ts";

/** The systems whose configuration can be read; the key is what `chartbell import` is told. */
const importers = { alertmanager: importAlertmanager, atsd: importAtsd, buildbot: importBuildbot } as const;
export type ImportedSystem = keyof typeof importers;

export interface ImportResult extends Omit<Imported, "config"> {
  /** The text of a configuration that passes all checks once its variables are set. */
  readonly yaml: string;
  readonly warnings: readonly string[];
}

/** Another system's configuration as one of Chartbell's. Throws import_invalid. */
export function importFrom(system: ImportedSystem, text: string): ImportResult {
  const { config, ...report } = importers[system](text);
  const yaml = yamlOf(config, system);
  const env = Object.fromEntries(Object.keys(report.variables).map((name) => [name, "to be set"]));
  try {
    const { warnings } = parseConfig(yaml, { file: undefined, flags: {}, env, cwd: "/" });
    return { yaml, warnings, ...report };
  } catch (error) {
    throw importInvalid(`What it says cannot be a configuration of Chartbell: ${messageOf(error)}`);
  }
}
