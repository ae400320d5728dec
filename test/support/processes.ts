import { readdirSync, readFileSync } from "node:fs";

export interface RunningProcess {
  readonly pid: number;
  /** Its process group: a browser and its helpers share one. */
  readonly group: number;
  readonly commandLine: readonly string[];
}

/** The processes that this one started, directly or through another; Linux only. */
export function descendants(of = process.pid): RunningProcess[] {
  const parents = new Map<number, number>();
  const groups = new Map<number, number>();
  for (const name of readdirSync("/proc").filter((entry) => /^\d+$/u.test(entry))) {
    const status = read(`/proc/${name}/stat`);
    // The second field is a name in parentheses that may hold anything.
    const [state, parent, group] = status.slice(status.lastIndexOf(")") + 2).split(" ");
    if (state === "Z" || parent === undefined) continue;
    parents.set(Number(name), Number(parent));
    groups.set(Number(name), Number(group));
  }
  const isOurs = (pid: number): boolean => {
    const parent = parents.get(pid);
    return parent !== undefined && (parent === of || isOurs(parent));
  };
  return [...parents.keys()]
    .filter(isOurs)
    .map((pid) => ({ pid, group: groups.get(pid) ?? pid, commandLine: read(`/proc/${pid}/cmdline`).split("\0") }));
}

/** The browsers among them, without their helpers and without a shell script that started them. */
export function browsers(of = process.pid): RunningProcess[] {
  return descendants(of).filter(
    ({ commandLine }) =>
      commandLine.includes("--remote-debugging-pipe") && !/\/(?:ba|da)?sh$/u.test(commandLine[0] ?? ""),
  );
}

/** Their renderers, one per page; Chromium writes a forked process's command line as one word. */
export function renderers(): RunningProcess[] {
  return descendants().filter(({ commandLine }) => commandLine.join(" ").includes("--type=renderer"));
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
