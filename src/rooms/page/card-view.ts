import type { Card } from "../../core/card.ts";
import { escapeHtml } from "../../core/text.ts";
import { sanitiseCardText } from "./notification-html.ts";

/** What card.eta draws. The fields named html are markup, and safe; addresses are http or https. */
export interface CardView {
  readonly style: Card["style"];
  readonly isCompact: boolean;
  readonly title: string;
  readonly href: string | undefined;
  readonly icon: string | undefined;
  readonly descriptionHtml: string;
  readonly thumbnail: ThumbnailView | undefined;
  readonly activity: { readonly html: string; readonly icon: string | undefined } | undefined;
  readonly attributes: readonly AttributeView[];
}

interface ThumbnailView {
  readonly src: string;
  /** Pixels, when both are known and credible. */
  readonly size: { readonly width: number; readonly height: number } | undefined;
}

interface AttributeView {
  readonly label: string;
  readonly text: string;
  readonly href: string | undefined;
  readonly icon: string | undefined;
  /** `success`, `error`, …; empty for a plain lozenge, undefined for none. */
  readonly lozenge: string | undefined;
}

const sideMax = 8000;

/** HipChat's web client drew links, media and applications compact unless the card said `medium`. */
export function viewCard(card: Card): CardView {
  const isPicture = card.style === "file" || card.style === "image";
  return {
    style: card.style,
    isCompact: !isPicture && card.format !== "medium",
    title: card.title,
    href: webAddress(card.url),
    icon: webAddress(card.icon),
    descriptionHtml: descriptionOf(card),
    thumbnail: thumbnailOf(card),
    activity:
      card.activity === undefined
        ? undefined
        : { html: sanitiseCardText(card.activity.html), icon: webAddress(card.activity.icon) },
    attributes: (card.attributes ?? []).map(({ label, value }) => ({
      label: label ?? "",
      text: value.label,
      href: webAddress(value.url),
      icon: webAddress(value.icon),
      lozenge: value.style?.replace(/^lozenge-?/u, ""),
    })),
  };
}

function descriptionOf({ description }: Card): string {
  if (description === undefined) return "";
  if (typeof description === "string") return escapeHtml(description);
  return description.format === "html" ? sanitiseCardText(description.value) : escapeHtml(description.value);
}

/** A picture's card without a thumbnail shows the picture itself. */
function thumbnailOf({ thumbnail, style, url }: Card): ThumbnailView | undefined {
  const src = webAddress(thumbnail?.url ?? (style === "image" ? url : undefined));
  if (src === undefined) return undefined;
  const { width, height } = thumbnail ?? {};
  return { src, size: isSide(width) && isSide(height) ? { width, height } : undefined };
}

function isSide(pixels: number | undefined): pixels is number {
  return pixels !== undefined && Number.isInteger(pixels) && pixels >= 1 && pixels <= sideMax;
}

/** A whole http or https address as the URL parser writes it; anything else is none. */
function webAddress(address: string | undefined): string | undefined {
  const url = address === undefined ? null : URL.parse(address);
  return url !== null && (url.protocol === "http:" || url.protocol === "https:") ? url.href : undefined;
}
