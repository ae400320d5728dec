const named: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: " " };

/** Text with HTML's entities decoded, as mustache's `{{…}}` writes them. */
export function decodeEntities(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{2,4}));/giu, (entity, decimal, hex, name) => {
    if (typeof name === "string") return Object.hasOwn(named, name) ? (named[name] ?? entity) : entity;
    const code = typeof decimal === "string" ? Number(decimal) : Number.parseInt(String(hex), 16);
    return code > 0 && code <= 0x10_ff_ff ? String.fromCodePoint(code) : entity;
  });
}

/** What a person reads of a message in HTML: line breaks stay, tags go. The result is text, not safe HTML. */
export function plainTextOf(html: string): string {
  const lines = html.replace(/<br\s*\/?>|<\/(?:p|div|tr|li)>/giu, "\n");
  return decodeEntities(lines.replace(/<[^<>]{0,10000}>/gu, "")).trim();
}
