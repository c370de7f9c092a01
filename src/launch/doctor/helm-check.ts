import { execa } from 'execa';
import { helmEnvironment } from '../helm/helm.ts';
import { type Check, failed, ok } from './check.ts';
import type { Subject } from './subject.ts';

/** Helm 3.13 labels releases. */
const oldest = [3, 13] as const;
const remedy = 'install Helm 3.13 or later, or name it with --helm';

/** Helm is there. Only applications with a chart need it. @param chart that of `--helm-chart`; null: none */
export function helmCheck({ environment }: Subject, helm: string, chart: string | null): Check {
  return {
    name: 'helm',
    remedy,
    async examine(signal) {
      const env = helmEnvironment(environment);
      const options = {
        env,
        extendEnv: false,
        stdin: 'ignore',
        cancelSignal: signal,
        reject: false,
      } as const;
      const { exitCode, stdout, code } = await execa(helm, ['version', '--short'], options);
      const [, major = 0, minor = 0] = (/v(\d+)\.(\d+)/.exec(stdout) ?? []).map(Number);
      const isNew = major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
      if (exitCode === 0 && isNew) return ok(`${helm} ${stdout.trim()}`);
      const problem = code === 'ENOENT' ? `${helm} is not there` : `${helm} is no Helm 3.13 or later`;
      return chart === null
        ? ok(`${problem}; only applications with a chart need it`)
        : failed(problem, remedy);
    },
  };
}
