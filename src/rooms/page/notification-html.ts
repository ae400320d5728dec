import sanitizeHtml from "sanitize-html";

/*
 * HTML messages as HipChat allowed them (API docs "messages"): basic text tags, lists, tables, links and pictures. What is
 * not listed goes, its text stays; scripts and styles go with their text.
 */

/** The page's policy forbids style attributes; its script applies what stands here, property by property. */
const styleAttribute = "data-style";

const nestingMax = 40;

const textTags = ["a", "b", "i", "strong", "em", "br", "img", "pre", "code", "span"];
const listTags = ["ul", "ol", "li", "dl", "dt", "dd"];
const tableTags = ["table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"];

const options: sanitizeHtml.IOptions = {
  allowedTags: [...textTags, ...listTags, ...tableTags],
  allowedAttributes: {
    a: ["href", "rel", "target"],
    img: ["src", "alt", "width", "height", "align", "loading", "referrerpolicy", styleAttribute],
    td: ["colspan", "rowspan", "valign"],
    th: ["colspan", "rowspan", "valign"],
    tr: ["valign"],
    span: [styleAttribute],
  },
  allowedSchemes: ["http", "https", "mailto"],
  allowedSchemesByTag: { img: ["http", "https"] },
  allowProtocolRelative: false,
  disallowedTagsMode: "discard",
  nestingLimit: nestingMax,
  transformTags: {
    a: (tagName, attributes) => ({ tagName, attribs: linkAttributes(attributes["href"]) }),
    img: (tagName, attributes) => ({ tagName, attribs: pictureAttributes(attributes) }),
    span: (tagName, attributes) => ({ tagName, attribs: styleOf(attributes["style"]) }),
    td: (tagName, attributes) => ({ tagName, attribs: cellAttributes(attributes) }),
    th: (tagName, attributes) => ({ tagName, attribs: cellAttributes(attributes) }),
    // Block tags are not HipChat's, but their text must not run into the next one's.
    p: "br",
    div: "br",
  },
  exclusiveFilter: (frame) => frame.tag === "img" && frame.attribs["src"] === undefined,
};

/** Markup that a page may contain as it is. */
export function sanitiseMessage(html: string): string {
  return sanitizeHtml(html, options);
}

/** Of HTML inside cards HipChat took these tags only. */
const cardOptions: sanitizeHtml.IOptions = { ...options, allowedTags: ["a", "b", "i", "strong", "span", "br"] };

/** Markup of a card's description or activity that a page may contain as it is. */
export function sanitiseCardText(html: string): string {
  return sanitizeHtml(html, cardOptions);
}

type Attributes = Record<string, string>;

/** Only whole addresses: a relative one would be of this server. */
function linkAttributes(href: string | undefined): Attributes {
  const url = URL.parse(href ?? "");
  if (url === null || !["http:", "https:", "mailto:"].includes(url.protocol)) return {};
  return { href: url.href, target: "_blank", rel: "noopener noreferrer nofollow" };
}

function pictureAttributes(attributes: Attributes): Attributes {
  const url = URL.parse(attributes["src"] ?? "");
  if (url === null || !["http:", "https:"].includes(url.protocol)) return {};
  return {
    src: url.href,
    alt: attributes["alt"] ?? "",
    loading: "lazy",
    referrerpolicy: "no-referrer",
    ...matching(attributes, "width", /^\d{1,4}$/u),
    ...matching(attributes, "height", /^\d{1,4}$/u),
    ...matching(attributes, "align", /^(?:left|right|top|middle|bottom)$/iu),
    ...styleOf(attributes["style"]),
  };
}

function cellAttributes(attributes: Attributes): Attributes {
  return {
    ...matching(attributes, "colspan", /^\d{1,3}$/u),
    ...matching(attributes, "rowspan", /^\d{1,3}$/u),
    ...matching(attributes, "valign", /^(?:top|middle|bottom|baseline)$/iu),
  };
}

function matching(attributes: Attributes, name: string, pattern: RegExp): Attributes {
  const value = attributes[name];
  return value !== undefined && pattern.test(value) ? { [name]: value } : {};
}

const length = /^\d{1,4}(?:\.\d{1,2})?(?:px|em|%)$/iu;
const stylePatterns: Readonly<Record<string, RegExp>> = {
  color: /^(?:#[\da-f]{3,8}|[a-z]{3,24}|rgba?\([\d\s.,%]{5,40}\))$/iu,
  "font-weight": /^(?:normal|bold|bolder|lighter|[1-9]00)$/iu,
  "text-decoration": /^(?:none|underline|overline|line-through)$/iu,
  width: length,
  height: length,
};

/** The few properties that HipChat allowed, each with a plain value; nothing that could load or cover anything. */
function styleOf(style: string | undefined): Attributes {
  const kept = (style ?? "").split(";").flatMap((declaration) => {
    const colon = declaration.indexOf(":");
    const property = declaration.slice(0, Math.max(0, colon)).trim().toLowerCase();
    const value = declaration.slice(colon + 1).trim();
    const pattern = Object.hasOwn(stylePatterns, property) ? stylePatterns[property] : undefined;
    return pattern?.test(value) === true ? [`${property}:${value}`] : [];
  });
  return kept.length === 0 ? {} : { [styleAttribute]: kept.join(";") };
}
