import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";
import { listenRecording } from "./recording-server.ts";
import type { RecordingServer } from "./recording-server.ts";
import { removeFolder } from "./service.ts";

/** What each test of a service has: a folder for its configuration and data, and a room that it sends to. */
export interface Stage {
  readonly folder: string;
  readonly room: RecordingServer;
}

/** Sets the stage before each test of a file, and clears it after. */
export function useStage(): Stage {
  let folder = "";
  let room: RecordingServer | undefined;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "chartbell-stage-"));
    room = await listenRecording();
  });
  afterEach(async () => {
    await room?.[Symbol.asyncDispose]();
    await removeFolder(folder);
  });
  return {
    get folder() {
      return folder;
    },
    get room() {
      if (room === undefined) throw new Error("The stage is set within tests only.");
      return room;
    },
  };
}
