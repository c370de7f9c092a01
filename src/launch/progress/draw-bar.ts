import type { JobProgress } from '../../observe/read-progress.ts';

const maxBarColumns = 40;
/** Unused columns at the end: a full line would wrap on some terminals. */
const margin = 1;

/** Draws one line: a bar where the job reports its progress, else only the time that it has been running. */
export function drawBar(progress: JobProgress | null, view: { seconds: number; columns: number }): string {
  const time = `${view.seconds.toFixed(1)} s`;
  const width = view.columns - margin;
  if (progress === null || progress.all === 0) return `running, ${time}`.slice(0, width);
  const share = Math.min(1, progress.done / progress.all);
  const text = ` ${progress.done}/${progress.all}  ${Math.floor(share * 100)} %  ${time}`;
  const length = Math.min(maxBarColumns, width - text.length);
  if (length < 1) return text.trim().slice(0, width);
  const full = Math.round(share * length);
  return '█'.repeat(full) + '░'.repeat(length - full) + text;
}

const frames = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';
const framesPerSecond = 8;

/** Draws one line for what a launch is waiting for, with a spinner. */
export function drawPhase(phase: string, view: { seconds: number; columns: number }): string {
  const frame = frames[Math.floor(view.seconds * framesPerSecond) % frames.length];
  return `${frame} ${phase}, ${view.seconds.toFixed(1)} s`.slice(0, view.columns - margin);
}
