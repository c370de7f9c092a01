/** The height of one line, in pixels of CSS. */
export const linePixels = 20;
/** Browsers cannot lay out elements that are much higher than this (Firefox: 17,895,700 pixels). */
const mostPixels = 10_000_000;

/** How high all lines are together, as far as a browser can show that. */
export function heightOf(lines: number): number {
  return Math.min(lines * linePixels, mostPixels);
}

/** The line at the top of a window that is scrolled so far: the scroll bar stands for all lines. */
export function lineAt(scrollTop: number, viewPixels: number, lines: number): number {
  const height = heightOf(lines);
  const room = height - viewPixels;
  if (room <= 0) return 0;
  const last = Math.max(0, lines - viewPixels / linePixels);
  return Math.min(last, (scrollTop / room) * last);
}

/** Where to scroll to, so that a line is at the top. */
export function scrollTo(line: number, viewPixels: number, lines: number): number {
  const room = heightOf(lines) - viewPixels;
  const last = Math.max(0, lines - viewPixels / linePixels);
  return room <= 0 || last === 0 ? 0 : Math.min(room, (line / last) * room);
}
