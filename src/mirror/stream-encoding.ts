import type { FrameEncoding } from '../contract/mirror/frame-stream.ts';
import { isTerminal } from '../kernel/is-terminal.ts';
import { rawSettings, setTerminal, terminalSettings } from '../kernel/terminal.ts';

const input = 0;

/**
 * How frames travel through the standard streams: as text where they are a terminal, unless told otherwise. A terminal is
 * made to pass everything through, without an echo.
 */
export function encodingOf(given: FrameEncoding | null): FrameEncoding {
  if (!isTerminal(input)) return given ?? 'binary';
  const settings = terminalSettings(input);
  if (settings !== null) setTerminal(input, rawSettings(settings, { typed: true, shown: true }));
  return given ?? 'text';
}
