import { messageOf } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { printable } from '../../base/printable.ts';
import { shorten } from '../../base/shorten.ts';
import type { Turns } from '../../base/turns.ts';
import type { Cluster } from '../../launch/kubernetes/api/cluster.ts';
import { noStores, podStores } from '../../pod/pod-stores.ts';
import { imageReference } from '../../registry/image-reference.ts';
import { type ImageStart, imageStart, ownArchitecture } from '../../registry/image-start.ts';
import type { Environment } from '../../settings/cli/environment.ts';
import { templateFromJson } from '../../settings/template/template-from-json.ts';
import type { WebhookSettings } from '../../settings/verbs/webhook-settings.ts';
import type { Admission, Admitted } from './admission-review.ts';
import type { AdmittedPod, PodContainer } from './admitted-pod.ts';
import { chooseContainer } from './choose-container.ts';
import { jobTemplate } from './job-template.ts';
import { pullLogins } from './pull-logins.ts';
import { reportOf } from './report-of.ts';
import { markPod, wrapPod } from './wrap-pod.ts';

/** What deciding on a pod needs. */
export interface AdmissionTools {
  readonly cluster: Cluster;
  readonly settings: WebhookSettings;
  readonly emissaryImage: string;
  readonly environment: Environment;
  /** Commands of images, by digest. */
  readonly cache: Map<string, ImageStart>;
  /** Of look-ups at registries. */
  readonly turns: Turns;
  /** Namespaces whose pods are never touched. */
  readonly excluded: readonly string[];
}

/** Wraps a pod if it is to be and can be; one that cannot be is let through, with a warning. Nothing is made anywhere. */
export async function admitPod({ namespace, pod }: Admission, tools: AdmissionTools): Promise<Admitted> {
  if (pod === null || tools.excluded.includes(namespace)) return { pod: null, warnings: [] };
  const choice = chooseContainer(pod);
  if (choice.kind === 'left') return { pod: null, warnings: [] };
  if (choice.kind === 'impossible') return refused(pod, choice.reason);
  const { container } = choice;
  const template = jobTemplate(pod, container, tools.settings.artifacts);
  let start: ImageStart | null;
  let stores = noStores;
  try {
    // One that is invalid would keep the job from starting.
    if (template.value !== undefined)
      stores = podStores(await templateFromJson(template.value, 'of the pod'));
    start = container.command === undefined ? await startOf(pod, { container, namespace }, tools) : null;
  } catch (error) {
    return refused(pod, messageOf(error));
  }
  const { settings, emissaryImage } = tools;
  const report = reportOf(pod, container, settings);
  const given = { container, start, template, stores, resources: settings.resources, emissaryImage };
  return {
    pod: wrapPod(pod, { ...given, reporterVariables: report.variables, secret: report.secret }),
    warnings: report.warnings,
  };
}

/** The API server drops warnings that are long or have control characters; annotations of the pod are whatever they are. */
function refused(pod: AdmittedPod, why: string): Admitted {
  const reason = shorten(printable(why));
  const warning = `multiflexi-emissary: the pod is not wrapped, and not reported: ${reason}`;
  return { pod: markPod(pod, reason), warnings: [warning] };
}

/** What the container's image runs by itself. @throws Error whose message is a clause */
async function startOf(
  { spec }: AdmittedPod,
  { container, namespace }: { readonly container: PodContainer; readonly namespace: string },
  { cluster, settings, environment, cache, turns }: AdmissionTools,
): Promise<ImageStart> {
  const { image = '', imagePullPolicy } = container;
  const { host } = imageReference(image);
  if (imagePullPolicy === 'Never')
    throw new Error(`the command of the image ${image} is on its nodes alone (imagePullPolicy Never)`);
  const signal = AbortSignal.timeout(limits.admissionLookupMs);
  let problems: readonly string[] = [];
  try {
    const secrets = (spec.imagePullSecrets ?? [])
      .map(({ name }) => name)
      .slice(0, limits.admissionPullSecrets);
    const start = await turns.take(signal, async () => {
      const found = await pullLogins(cluster, { namespace, secrets, image }, signal);
      problems = found.problems;
      return imageStart(image, {
        logins: found.logins,
        environment,
        signal,
        architecture: spec.nodeSelector?.['kubernetes.io/arch'] ?? ownArchitecture,
        cache,
        insecure: settings.insecureRegistries,
      });
    });
    if (start.entrypoint.length + start.command.length + (container.args?.length ?? 0) > 0) return start;
  } catch (error) {
    const late = `it has not answered within ${limits.admissionLookupMs / 1_000} s`;
    const reasons = [signal.aborted ? late : messageOf(error), ...problems].join('; ');
    throw new Error(`the command of the image ${image} cannot be looked up at ${host}: ${reasons}`);
  }
  throw new Error(`neither the container nor its image ${image} has a command`);
}
