import { readdirSync, readFileSync } from "node:fs";

export interface RunningProcess {
  readonly pid: number;
  readonly commandLine: readonly string[];
}

/** The processes that this one started, directly or through another; Linux only. */
export function descendants(of = process.pid): RunningProcess[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc").filter((entry) => /^\d+$/u.test(entry))) {
    const status = read(`/proc/${name}/stat`);
    // The second field is a name in parentheses that may hold anything.
    const [state, parent] = status.slice(status.lastIndexOf(")") + 2).split(" ");
    if (state !== "Z" && parent !== undefined) parents.set(Number(name), Number(parent));
  }
  const isOurs = (pid: number): boolean => {
    const parent = parents.get(pid);
    return parent !== undefined && (parent === of || isOurs(parent));
  };
  return [...parents.keys()]
    .filter(isOurs)
    .map((pid) => ({ pid, commandLine: read(`/proc/${pid}/cmdline`).split("\0") }));
}

/** The browsers among them, without their helpers and without a shell script that started them. */
export function browsers(): RunningProcess[] {
  return descendants().filter(
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
