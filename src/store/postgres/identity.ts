import { spawnSync } from "node:child_process";
import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { AppError } from "../../core/errors.ts";

/*
 * PostgreSQL refuses to run as root. When Chartbell is root, its database runs as the owner of the data folder, or as
 * `nobody`. Where that user cannot reach the folders (a home or a temporary folder of mode 0700), it is given the one
 * capability to pass them.
 */

const nobody = 65_534;

/** As whom the database's programs are run. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
  /** A command to put in front of theirs; empty when the operating system's own change of user is enough. */
  readonly wrapper: readonly string[];
}

/**
 * The identity for a data folder that exists and programs that are to be run; undefined when Chartbell is an ordinary user.
 * Throws store_folder_unusable when the identity cannot reach them.
 */
export async function identityFor(folder: string, program: string): Promise<Identity | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const { uid, gid } = await stat(folder);
  const identity = uid === 0 ? { uid: nobody, gid: nobody } : { uid, gid };
  const closed = (await firstClosed(dirname(folder), identity)) ?? (await firstClosed(dirname(program), identity));
  if (closed === undefined) return { ...identity, wrapper: [] };
  const wrapper = passingWrapper(identity);
  const [command = "", ...args] = wrapper;
  if (spawnSync(command, [...args, "test", "-x", program], { stdio: "ignore" }).status === 0)
    return { ...identity, wrapper };
  throw new AppError(
    "store_folder_unusable",
    `PostgreSQL does not run as root, and the user ${identity.uid} cannot pass ${closed}.`,
    { hint: `Run chmod o+x ${closed}, or start Chartbell as an ordinary user, or set store.url.` },
  );
}

/** util-linux's setpriv, which every Debian has. Without the secure bit access(2), which PostgreSQL asks, would ignore it. */
function passingWrapper({ uid, gid }: { readonly uid: number; readonly gid: number }): readonly string[] {
  const capability = "+dac_override";
  const user = [`--reuid=${uid}`, `--regid=${gid}`, "--clear-groups"];
  return [
    "setpriv",
    ...user,
    "--securebits=+no_setuid_fixup",
    `--inh-caps=${capability}`,
    `--ambient-caps=${capability}`,
    "--",
  ];
}

/** The outermost folder of a path that a user may not pass, itself included. */
async function firstClosed(
  path: string,
  user: { readonly uid: number; readonly gid: number },
): Promise<string | undefined> {
  const parent = dirname(path);
  const above = parent === path ? undefined : await firstClosed(parent, user);
  if (above !== undefined) return above;
  const { mode, uid, gid } = await stat(path);
  const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
  return (mode & bit) === 0 ? path : undefined;
}
