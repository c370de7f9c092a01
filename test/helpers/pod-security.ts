/** The parts of a pod's specification that the standard checks. */
interface PodSpec {
  readonly hostNetwork?: boolean;
  readonly hostPID?: boolean;
  readonly hostIPC?: boolean;
  readonly securityContext?: SecurityContext;
  readonly volumes?: readonly Readonly<Record<string, unknown>>[];
  readonly initContainers?: readonly Container[];
  readonly containers: readonly Container[];
}

interface SecurityContext {
  readonly privileged?: boolean;
  readonly allowPrivilegeEscalation?: boolean;
  readonly runAsNonRoot?: boolean;
  readonly runAsUser?: number;
  readonly seccompProfile?: { readonly type?: string };
  readonly capabilities?: { readonly drop?: readonly string[]; readonly add?: readonly string[] };
  readonly procMount?: string;
  readonly sysctls?: readonly unknown[];
}

interface Container {
  readonly name: string;
  readonly securityContext?: SecurityContext;
  readonly ports?: readonly { readonly hostPort?: number }[];
}

/** Kinds of volumes that a restricted pod may mount. */
const volumeKinds = new Set([
  ...[
    'configMap',
    'csi',
    'downwardAPI',
    'emptyDir',
    'ephemeral',
    'image',
    'persistentVolumeClaim',
    'projected',
    'secret',
  ],
]);
const profiles = new Set(['RuntimeDefault', 'Localhost']);

/**
 * Checks a pod against the restricted Pod Security Standard (https://kubernetes.io/docs/concepts/security/pod-security-standards/).
 * @returns what does not comply, one text each
 */
export function restrictedViolations(pod: PodSpec): readonly string[] {
  const found: string[] = [];
  if (pod.hostNetwork || pod.hostPID || pod.hostIPC) found.push('a namespace of the host');
  for (const volume of pod.volumes ?? []) {
    const kind = Object.keys(volume).find((key) => key !== 'name') ?? 'none';
    if (!volumeKinds.has(kind)) found.push(`volume of the kind ${kind}`);
  }
  for (const container of [...(pod.initContainers ?? []), ...pod.containers]) {
    found.push(
      ...violationsOf(container, pod.securityContext ?? {}).map((text) => `${container.name}: ${text}`),
    );
  }
  return found;
}

function violationsOf(
  { securityContext: own = {}, ports = [] }: Container,
  shared: SecurityContext,
): string[] {
  const found: string[] = [];
  if (own.privileged) found.push('privileged');
  if (own.allowPrivilegeEscalation !== false) found.push('may gain privileges');
  if ((own.runAsNonRoot ?? shared.runAsNonRoot) !== true) found.push('may run as root');
  if ((own.runAsUser ?? shared.runAsUser) === 0) found.push('runs as root');
  if (!profiles.has((own.seccompProfile ?? shared.seccompProfile)?.type ?? ''))
    found.push('no seccomp profile');
  if (!own.capabilities?.drop?.includes('ALL')) found.push('keeps capabilities');
  if (own.capabilities?.add?.some((name) => name !== 'NET_BIND_SERVICE')) found.push('adds capabilities');
  if ((own.procMount ?? 'Default') !== 'Default') found.push('another /proc');
  if (ports.some(({ hostPort }) => (hostPort ?? 0) !== 0)) found.push('a port of the host');
  return found;
}
