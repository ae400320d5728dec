import type { Room } from "../../core/room.ts";
import type { RoomStore } from "../../core/room-store.ts";
import type { Access } from "../access.ts";
import type { RoomsDeps, RoomsOptions } from "../contract.ts";
import type { Rates } from "../rates.ts";
import type { Webhooks } from "../webhooks/webhooks.ts";
import type { Assets } from "./assets.ts";
import type { Templates } from "./templates.ts";

/** What every page works with. */
export interface PageDeps {
  readonly store: RoomStore;
  readonly access: Access;
  readonly webhooks: Webhooks;
  readonly heard: RoomsDeps["heard"];
  readonly rates: Rates;
  readonly templates: Templates;
  readonly assets: Assets;
  readonly options: RoomsOptions;
}

/** A room by its page's address: the number of any room, or the name of one that is not direct. */
export async function findPageRoom(store: RoomStore, idOrName: string): Promise<Room | undefined> {
  const byId = /^\d{1,15}$/u.test(idOrName) ? await store.roomById(Number(idOrName)) : undefined;
  return byId ?? (await store.roomByName(idOrName));
}
