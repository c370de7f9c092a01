import { Fault, messageOf } from '../base/fault.ts';
import { setLogRewrite } from '../base/log.ts';
import { type ContainerLayout, type Layout, layoutOf } from '../contract/layout.ts';
import { adoptOrphans } from '../kernel/reap.ts';
import { catchSignals, startThreads } from '../kernel/signals.ts';
import type { Invocation } from '../settings/cli/invocation.ts';
import type { RunSettings } from '../settings/verbs/run-settings.ts';
import { findSecrets, type Secrets } from './mask/find-secrets.ts';
import { openContainer } from './open-container.ts';
import { Reaper } from './reaper.ts';
import { RunRecord } from './run-record.ts';
import { EndRecord } from './seal/end-record.ts';
import { Seal } from './seal/seal.ts';
import { sealOnFault } from './seal/seal-refusal.ts';
import { childSignal, namedSignals, realtimeSignals } from './stop/signal-classes.ts';
import { SignalRequests } from './stop/signal-requests.ts';
import { StopController } from './stop/stop-controller.ts';
import { Recorder } from './streams/recorder.ts';

/** The state of one run. */
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
  /** The values to mask; computed on first use, which does not delay the job's start. */
  readonly secrets: () => Secrets;
  /** Signals that were ignored when the emissary was started. */
  readonly ignored: readonly number[];
  /** Catches the remaining signals once the job runs; further calls do nothing. */
  readonly catchRealtimeSignals: () => void;
  readonly requests: SignalRequests;
  /** Starts watching for signal requests; further calls do nothing. */
  readonly watch: () => void;
  /** Aborted when the run is over; ends its watches and timers. */
  readonly over: AbortController;
}

/**
 * Catches signals first, then claims the container's directory for this run.
 * @throws Fault `volume`
 */
export function openRun(settings: RunSettings, { environment, ignored }: Invocation): Run {
  const reaper = new Reaper();
  const stopController = new StopController({ ...settings, ignored, reap: () => reaper.reap() });
  const onSignal = (signal: number) => {
    // On any signal: libuv queues a few thousand in a pipe, so a flood may have lost a SIGCHLD. And first: a job that
    // has
    // exited by now was not killed by this signal, which may be delivered before SIGCHLD because of its number.
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
  const recorder = sealOnFault({ seal, record }, () => openRecorder(container, settings, secrets));
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
    const { logLimit, combined, captureOnly, passThrough } = settings;
    const [captures, forwards] = [!passThrough, !captureOnly];
    return new Recorder(container, { logLimit, combined, captures, forwards, secrets });
  } catch (cause) {
    const sentence = `Cannot keep the job's output in ${container.directory}: ${messageOf(cause)}`;
    throw new Fault('volume', sentence, { cause });
  }
}
