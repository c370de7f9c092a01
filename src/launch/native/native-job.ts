import type { Interrupts } from '../interrupts.ts';
import type { Screen } from '../progress/screen.ts';

/** What the three roles of a pod are given, as processes of this machine. */
export interface NativeJob {
  /** The program of the pod. */
  readonly program: string;
  /** The volume, a directory. */
  readonly root: string;
  /** The template's file; null for an empty template. */
  readonly template: string | null;
  readonly command: readonly string[];
  readonly timeoutSeconds: string | null;
  readonly graceSeconds: string | null;
  readonly jobEnvironment: Readonly<Record<string, string>>;
  /** Null where nobody is to report. */
  readonly reporterEnvironment: Readonly<Record<string, string>> | null;
  readonly screen: Screen;
  readonly interrupts: Interrupts;
  /** Called when the volume is ready: from now on it holds something of the job's. */
  onInstalled(): void;
}
