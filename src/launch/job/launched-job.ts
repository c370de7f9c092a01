import { limits } from '../../base/limits.ts';
import type { LaunchSettings } from '../../settings/verbs/launch-settings.ts';
import type { Engine, EngineJob } from '../engine.ts';
import type { Interrupts } from '../interrupts.ts';
import type { Screen } from '../progress/screen.ts';
import type { LaunchDirectory } from '../state/launch-directory.ts';
import type { LaunchRecord, Stage } from '../state/launch-record.ts';
import type { JobPlan } from './job-plan.ts';

/** What a launch is made of. */
export type LaunchParts = Pick<
  LaunchedJob,
  | 'settings'
  | 'plan'
  | 'engine'
  | 'container'
  | 'directory'
  | 'program'
  | 'ownProgram'
  | 'screen'
  | 'interrupts'
  | 'record'
>;

/** All that belongs to one launch. */
export class LaunchedJob {
  readonly settings: LaunchSettings;
  readonly plan: JobPlan;
  readonly engine: Engine;
  readonly container: EngineJob;
  readonly directory: LaunchDirectory;
  /** The program of the pod. */
  readonly program: string;
  /** This program. */
  readonly ownProgram: string;
  readonly screen: Screen;
  readonly interrupts: Interrupts;
  #record: LaunchRecord;
  #written: LaunchRecord;

  constructor(parts: LaunchParts) {
    this.settings = parts.settings;
    this.plan = parts.plan;
    this.engine = parts.engine;
    this.container = parts.container;
    this.directory = parts.directory;
    this.program = parts.program;
    this.ownProgram = parts.ownProgram;
    this.screen = parts.screen;
    this.interrupts = parts.interrupts;
    this.#record = parts.record;
    this.#written = parts.record;
  }

  get record(): LaunchRecord {
    return this.#record;
  }

  get root(): string {
    return this.#record.root;
  }

  /** Records the next stage, before its first step. */
  advance(stage: Stage, more: Partial<LaunchRecord> = {}): void {
    const ended = stage === 'ended' ? { endedAt: new Date().toISOString() } : {};
    this.#record = { ...this.#record, ...ended, ...more, stage };
    this.directory.write(this.#record);
    this.#written = this.#record;
  }

  /** Shows what is waited for, and keeps it for the next time that the record is written. */
  waitsFor(text: string): void {
    this.screen.phase(text);
    const { steps = [] } = this.#record;
    if (steps.at(-1)?.text === text || steps.length >= limits.launchSteps) return;
    const step = { text: text.slice(0, limits.quotedCharacters), at: new Date().toISOString() };
    this.#record = { ...this.#record, steps: [...steps, step] };
  }

  /** Records what is not recorded yet. */
  settle(): void {
    if (this.#written !== this.#record) this.advance(this.#record.stage);
  }
}
