/** How far something has come, in one line of a terminal; nothing where nobody watches. */
export interface ProgressLine {
  /** @param share 0 to 1 */
  show(share: number): void;
  clear(): void;
}

const ERASE = '\r\u001b[2K';

export function progressLine(out: NodeJS.WriteStream): ProgressLine {
  if (!out.isTTY) return { show: () => undefined, clear: () => undefined };
  let shown = -1;
  return {
    show(share) {
      const percent = Math.floor(share * 100);
      if (percent === shown) return;
      shown = percent;
      out.write(`${ERASE}${percent} %`);
    },
    clear() {
      if (shown >= 0) out.write(ERASE);
      shown = -1;
    },
  };
}
