import { isBlank } from "./blank.ts";
import type { Imaging } from "./contract.ts";
import { crop } from "./crop.ts";
import { fit } from "./fit.ts";
import { label } from "./label.ts";
import { original } from "./original.ts";

export interface ImagingOptions {
  /** Device pixels of a uniform margin that trimming leaves on each side; 8 unless told. */
  readonly trimKeepPx?: number;
}

/** The picture work of `contract.ts`, done by sharp. Holds nothing between calls. */
export function createImaging({ trimKeepPx = 8 }: ImagingOptions = {}): Imaging {
  return {
    crop: async (png, how) => await crop(png, { ...how, trimKeepPx }),
    isBlank,
    label,
    original,
    fit,
  };
}
