import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { execa } from 'execa';
import type { ClusterLauncher } from './cluster-launcher.ts';
import { jobImage } from './launcher-parts.ts';
import { temporaryVolume } from './volume.ts';

/** An application with a chart, and what is known of its release. */
export interface ChartedApplication {
  /** Its definition. */
  readonly file: string;
  readonly chart: string;
  readonly release: string;
  /** The environment that finds the cluster's helm. */
  readonly env: Readonly<Record<string, string>>;
  /** Runs helm in the launcher's namespace; never throws. */
  helm(args: readonly string[]): ReturnType<typeof helmOf>;
  /** The status of each revision. */
  history(): Promise<readonly string[]>;
  /** Whether Helm has recorded that the release is being changed. */
  isPending(): Promise<boolean>;
  /** Writes values. @returns the options that name them */
  values(values: object): readonly string[];
}

const release = 'obchod-s-kavou';

/**
 * An application that prints the word of its chart's ConfigMap. The chart also has a Deployment that never gets ready, unless
 * it has no replicas, as it has by default.
 */
export function chartedApplication(t: TestContext, launcher: ClusterLauncher): ChartedApplication {
  const directory = temporaryVolume(t);
  const chart = join(directory, 'chart');
  mkdirSync(join(chart, 'templates'), { recursive: true });
  writeFileSync(join(chart, 'Chart.yaml'), 'apiVersion: v2\nname: coffee\nversion: 0.1.0\n');
  writeFileSync(join(chart, 'values.yaml'), 'word: usual\nreplicas: 0\n');
  writeFileSync(join(chart, 'templates/facts.yaml'), facts);
  writeFileSync(join(chart, 'templates/never.yaml'), never);
  const file = join(directory, 'coffee.multiflexi.app.json');
  const definition = {
    name: 'Obchod s kávou',
    executable: 'cat',
    cmdparams: '/facts/word',
    ociimage: jobImage,
    kubernetes: { helm: { chart } },
  };
  writeFileSync(file, JSON.stringify(definition));
  const helm = (args: readonly string[]) => helmOf(launcher, args);
  const history = async () => {
    const { exitCode, stdout } = await helm(['history', release, '--output', 'json']);
    const revisions = exitCode === 0 ? (JSON.parse(stdout) as readonly { readonly status: string }[]) : [];
    return revisions.map(({ status }) => status);
  };
  return {
    file,
    chart,
    release,
    env: { EMISSARY_HELM: join(launcher.cluster.programs, 'helm') },
    helm,
    history,
    isPending: async () => (await history()).at(-1)?.startsWith('pending-') === true,
    values: (values) => {
      const valuesFile = join(temporaryVolume(t), 'values.yaml');
      writeFileSync(valuesFile, JSON.stringify(values));
      return ['--helm-values', valuesFile];
    },
  };
}

/** What the pod has of the ConfigMap. */
export const factsMount = {
  spec: {
    volumes: [{ name: 'facts', configMap: { name: `${release}-facts` } }],
    containers: [{ name: 'main', volumeMounts: [{ name: 'facts', mountPath: '/facts' }] }],
  },
};

async function helmOf({ cluster, namespace }: ClusterLauncher, args: readonly string[]) {
  const { exitCode, stdout, stderr } = await execa(
    join(cluster.programs, 'helm'),
    [...args, '--namespace', namespace],
    {
      env: { KUBECONFIG: cluster.kubeconfig },
      reject: false,
    },
  );
  return { exitCode, stdout, stderr };
}

const facts = `apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-facts
data:
  word: {{ .Values.word | quote }}
`;

const never = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: never
spec:
  replicas: {{ .Values.replicas }}
  selector: { matchLabels: { app: never } }
  template:
    metadata: { labels: { app: never } }
    spec:
      securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: RuntimeDefault } }
      containers:
        - name: main
          image: localhost/never:1
          imagePullPolicy: Never
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: [ALL] } }
`;
