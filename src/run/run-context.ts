import { Fault, messageOf } from '../base/fault.ts';
import { setLogRewrite } from '../base/log.ts';
import { type ContainerLayout, type Layout, layoutOf } from '../contract/layout.ts';
import { adoptOrphans } from '../kernel/reap.ts';
import { catchSignals, startThreads } from '../kernel/signals.ts';
import type { Invocation } from '../settings/cli/invocation.ts';
import type { RunSettings } from '../settings/cli/run-settings.ts';
import { openContainer } from './container.ts';
import { findSecrets, type Secrets } from './mask/mask.ts';
import { Reaper } from './reaper.ts';
import { RunRecord } from './run-record.ts';
import { EndRecord } from './seal/end-record.ts';
import { Seal } from './seal/seal.ts';
import { orSealed } from './seal/seal-refusal.ts';
import { childSignal, namedSignals, realtimeSignals } from './stop/forwardable.ts';
import { SignalRequests } from './stop/signal-requests.ts';
import { StopController } from './stop/stop-controller.ts';
import { Recorder } from './streams/recorder.ts';

/** Everything that one run has at hand. */
export interface Run {
  readonly settings: RunSettings;
  readonly layout: Layout;
  readonly container: ContainerLayout;
  readonly seal: Seal;
  readonly endRecord: EndRecord;
  readonly stopController: StopController;
  readonly reaper: Reaper;
  readonly recorder: Recorder;
  readonly record: RunRecord;
  /** What is masked; found at the first use, which is not on the way to the job's start. */
  readonly secrets: () => Secrets;
  /** Signals that it was started with ignored. */
  readonly ignored: readonly number[];
  /** Catches the rest of the signals, once the job runs; calling it again does nothing. */
  readonly catchRealtimeSignals: () => void;
  readonly requests: SignalRequests;
  /** Obeys them from now on; calling it again does nothing. */
  readonly watch: () => void;
  /** Ends the watches when the job is over. */
  readonly over: AbortController;
}

/**
 * Catches signals first of all, then makes the container's directory this run's own.
 * @throws Fault `volume`
 */
export function openRun(settings: RunSettings, { environment, ignored }: Invocation): Run {
  const reaper = new Reaper();
  const stopController = new StopController({ ...settings, ignored, look: () => reaper.reap() });
  const onSignal = (signal: number) => {
    // At any signal: libuv keeps a few thousand in a pipe, and a flood of others may have cost us a SIGCHLD. And first of
    // all: a job that has ended by now was not ended by this signal, whose number lets it come before SIGCHLD.
    reaper.reap();
    if (signal !== childSignal) stopController.receive('signal', signal);
  };
  startThreads();
  catchSignals(namedSignals, onSignal);
  adoptOrphans();
  const layout = layoutOf(settings.root);
  const container = openContainer(layout, settings.name);
  const secrets = once(() => findSecrets(environment.entries, settings.maskNames));
  const record = new RunRecord(settings.name, secrets);
  record.setCommand(settings.command);
  setLogRewrite((sentence) => record.masked(sentence));
  const seal = new Seal(container);
  seal.reserve();
  const recorder = orSealed({ seal, record }, () => openRecorder(container, settings, secrets));
  const over = new AbortController();
  const catchRealtimeSignals = once(() => catchSignals(realtimeSignals, onSignal));
  const requests = new SignalRequests(container, stopController, over.signal);
  const watch = once(() => void requests.watch());
  const own = { settings, layout, container, stopController, reaper, recorder, record, secrets };
  const endRecord = new EndRecord(container, seal.spare);
  return { ...own, requests, ignored, seal, endRecord, catchRealtimeSignals, watch, over };
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function openRecorder(container: ContainerLayout, settings: RunSettings, secrets: () => Secrets): Recorder {
  try {
    const { logLimit, combined } = settings;
    return new Recorder(container, { logLimit, combined, secrets });
  } catch (cause) {
    const sentence = `Cannot keep the job's output in ${container.directory}: ${messageOf(cause)}`;
    throw new Fault('volume', sentence, { cause });
  }
}
