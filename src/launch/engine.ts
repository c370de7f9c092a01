import type { Environment } from '../settings/cli/environment.ts';
import type { LaunchResources } from '../settings/verbs/launch-resources.ts';
import type { Pull } from '../settings/verbs/pull.ts';
import type { PodPlan } from './job/pod-plan.ts';
import type { SenderConnection } from './mirror/follow-sender.ts';

/** What an engine is opened with. */
export interface EngineSetup {
  readonly environment: Environment;
  readonly options: ReadonlyMap<string, string>;
  /** The program of the pod, on this host. */
  readonly podProgram: string;
  /** The state directory. */
  readonly state: string;
  /** The environment of a native job. */
  readonly nativeEnvironment: Readonly<Record<string, string>>;
  /** Takes a warning about the engine: one sentence. */
  readonly warn?: (sentence: string) => void;
  /** Aborted: the launch is over. */
  readonly signal: AbortSignal;
}

/** What an engine is to run: one container with the emissary in front of the job's command. */
export interface EngineJob {
  /** Recorded before anything is made: a launch that is repeated finds what the first one made. */
  readonly name: string;
  /** Whose it is: installation and job. */
  readonly labels: Readonly<Record<string, string>>;
  /** Null: the engine has no images. */
  readonly image: string | null;
  /** Empty: the image's own. */
  readonly command: readonly string[];
  /** Nothing secret: an engine shows it to whoever may inspect the container. */
  readonly environment: Readonly<Record<string, string>>;
  /** What the job's pod consists of; null: the engine has no pods. */
  readonly pod: PodPlan | null;
  /** Directories of this host; an engine with pods needs none. */
  readonly places: {
    /** Of this launch alone. */
    readonly own: string;
    /** The volume; where that is elsewhere, what it gets at its beginning. */
    readonly volume: string;
    /** The installed program, read-only. */
    readonly program: string;
    /** The job's variables and arguments, read-only. */
    readonly secrets: string;
  };
  readonly resources: LaunchResources;
  readonly pull: Pull;
}

/** The labels of a container: whose it is. */
export const labels = {
  installation: 'eu.multiflexi.emissary.installation',
  job: 'eu.multiflexi.emissary.job',
} as const;

/** Where the container's volume is mounted. */
export const volumePath = '/var/run/argo';
/** Where the program is mounted. */
export const programPath = '/run/multiflexi-emissary';
/** Where the job's variables and arguments are mounted. */
export const secretsPath = '/run/secrets/multiflexi';

/** The state of a job's container. */
export type ContainerState =
  | { readonly kind: 'absent' }
  /** Never started; `isRequested`: it will be, without a launcher. */
  | { readonly kind: 'created'; readonly isRequested?: boolean }
  | { readonly kind: 'running' }
  | ContainerEnd;

/** How a container ended, as its engine tells it. */
export interface ContainerEnd {
  readonly kind: 'ended';
  /** Null: the engine does not know. */
  readonly exitCode: number | null;
  /** One clause, from the engine's own facts, such as `it was out of memory (limit 64 MiB)`; null: nothing special. */
  readonly reason: string | null;
}

/** How a reporter beside the job ended. */
export interface ReporterEnd {
  /** Null: it is gone, and nobody knows. */
  readonly exitCode: number | null;
  /** What it has said, the last lines. */
  readonly messages: readonly string[];
}

/** What ends the patience with a start. */
export interface StartLimits {
  /** The launch has taken too long. */
  readonly tooLate: AbortSignal;
  /** The launch is not wanted any more, or too late. An engine whose jobs start at once need not look at it. */
  readonly cancel: AbortSignal;
  /**
   * Called with true when a start has failed that is tried again, and with false before that: a launcher that is killed meanwhile
   * has left nothing that may have run, or will. What has failed may still be there.
   */
  readonly unmade?: (hasFailed: boolean) => void;
}

/** What an engine knows of a job besides its end. */
export interface EngineFacts {
  /** The machine where it runs; null: it has none yet. */
  readonly place: string | null;
  /** What has gone wrong, the newest last: clauses. */
  readonly events: readonly string[];
}

/** How the output of a job is read where its volume cannot be reached. */
export interface LogCommand {
  /** Of our own program: it prints the output, exits with the job's exit code, and stops the job when it gets TERM. */
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** What is lost by it: a clause. */
  readonly loss: string;
}

/** A container of this installation, whatever became of its launcher. */
export interface Leftover {
  readonly name: string;
  readonly key: string;
  readonly running: boolean;
}

/**
 * What an engine can do. Everything else (the volume, output, signals, time limits, results, reporting) is common
 * code. All of it throws Fault `engine`, with one sentence.
 */
export interface Engine {
  /**
   * Null: the job's volume is a directory of this host. Else the volume is elsewhere, and this starts a sender in the
   * job's reporter container, to mirror it.
   */
  readonly openSender: ((job: EngineJob) => Promise<SenderConnection>) | null;
  /** Who makes the container; absent: the engine itself. */
  readonly via?: 'operator';
  /** Whether the engine makes the volume with `init`; else it is made on this host. */
  readonly makesVolume: boolean;
  /** The command that an image runs by itself: its ENTRYPOINT and CMD. */
  imageCommand(job: EngineJob): Promise<readonly string[]>;
  /**
   * Makes the container, with its image. If an earlier launch has made one that never started, that is replaced.
   *
   * @param phase called with what it is waiting for
   * @param signal aborted: nothing is left of it
   */
  create(job: EngineJob, phase: (text: string) => void, signal: AbortSignal): Promise<void>;
  /**
   * Starts it; resolves when it runs, or has ended.
   *
   * @param phase called with what it is waiting for
   * @param limits aborted: rejects; whoever calls it removes the container, whether it has started or not
   */
  start(job: EngineJob, phase: (text: string) => void, limits: StartLimits): Promise<void>;
  look(job: EngineJob): Promise<ContainerState>;
  /** Resolves when the container has ended or is gone; asks again as long as the engine does not answer. */
  ended(job: EngineJob, signal: AbortSignal): Promise<ContainerEnd>;
  /** Sends KILL to the container; no error if it has ended. */
  kill(job: EngineJob): Promise<void>;
  /** Removes the container; no error if it is gone. */
  remove(job: Pick<EngineJob, 'name'>): Promise<void>;
  /** The end of what the container itself has written: messages of the emissary, or of who could not start it. */
  messages(job: EngineJob): Promise<string>;
  /** What is done where `openSender` is forbidden; no such method: it never is. */
  logCommand?(job: EngineJob): LogCommand;
  /** For a job that has failed, or could not be started; null: nothing is known. */
  facts?(job: EngineJob): Promise<EngineFacts | null>;
  /** Which attempt at the job is followed: each has a volume of its own. No such method: there is only one. */
  attempt?(job: EngineJob): Promise<string | null>;
  /**
   * After the attempt that was followed has ended otherwise than well: waits until the next one has started. No such method: there
   * is none.
   *
   * @param of.isLost nobody knows how it ended
   * @param of.phase called with what it is waiting for
   * @returns false: the job has ended
   */
  nextAttempt?(
    job: EngineJob,
    of: {
      readonly isLost: boolean;
      readonly phase: (text: string) => void;
      readonly signal: AbortSignal;
    },
  ): Promise<boolean>;
  /** Resolves when the reporter beside the job has ended; no such method: there is none in any job of the engine. */
  reporterEnd?(job: EngineJob): Promise<ReporterEnd>;
  /** The reporter beside the job is not to keep the volume: no receiver can come. Where `logCommand` is. */
  letGo?(job: EngineJob): Promise<void>;
  /** What may have ended jobs that nobody has stopped: a clause; null, or no such method: nothing that is known. */
  suspicion?(): string | null;
  /** How a person looks at a container that was kept: a command; no such method: by the engine's own client. */
  lookedAtBy?(job: EngineJob): string;
  /** The containers of an installation. */
  leftovers(installation: string): Promise<readonly Leftover[]>;
  /** Removes what the job's users have written to a directory of this host and this user may not. */
  removeFiles(directory: string): Promise<void>;
}
