import type { ApplicationJob } from './application-job.ts';
import { noStores, type PodStores } from './pod-stores.ts';

/** Which container a Secret is for: the job never sees those of the reporter and the stores, which `init` has, too. */
export type Role = 'init' | 'stores' | 'job' | 'report';
/** All roles. */
export const roles: readonly Role[] = ['init', 'stores', 'job', 'report'];
/** Where the Secrets of a pod are mounted, each in a directory named by its role. */
export const secretsPath = '/var/run/secrets/multiflexi';
/** The Secret's file with variables. */
export const variablesKey = 'variables.json';
/** The Secret's file with the template. */
export const templateKey = 'template.json';
/** The Secret's file with arguments. */
export const argumentsKey = 'arguments.json';

/** The Secret's file with the certificate authority of stores. */
export const authorityKey = 'store-ca.pem';

/** The files of a Secret: texts by name. */
export type SecretFiles = Readonly<Record<string, string>>;

/** What a job's pod shows of it, and what is in Secrets. */
export interface PodContents {
  /** The command that everybody may see. */
  readonly command: readonly string[];
  /** The variables that everybody may see. */
  readonly variables: ReadonlyMap<string, string>;
  /** Patterns of names, for EMISSARY_MASK_ENV; null: the default. */
  readonly mask: string | null;
  /** The template for `init`, as JSON, if everybody may see it; null: it is in the Secret, or there is none. */
  readonly template: string | null;
  readonly secrets: Readonly<Record<Role, SecretFiles>>;
  readonly stores: PodStores;
}

/** An application's job in a pod: only what is secret, or what a pod would change, is in Secrets. */
export function applicationContents({
  application,
  variables,
  args,
  template,
  ...of
}: ApplicationJob & { readonly secretNames: readonly string[] }): PodContents {
  const text = JSON.stringify(template.template);
  const { secret } = variables;
  return {
    command: [application.executable, ...(args.inSecret ? [] : args.args)],
    variables: variables.plain,
    mask: secret.size > 0 || of.secretNames.length > 0 ? variables.mask : null,
    template: template.inSecret ? null : text,
    secrets: {
      init: template.inSecret ? { [templateKey]: text } : {},
      stores: {},
      job: {
        ...variablesFile(secret),
        ...(args.inSecret && { [argumentsKey]: JSON.stringify(args.args) }),
      },
      report: {},
    },
    stores: noStores,
  };
}

/** The file of a Secret with variables; none for none. */
export function variablesFile(variables: ReadonlyMap<string, string>): SecretFiles {
  return variables.size === 0 ? {} : { [variablesKey]: JSON.stringify(Object.fromEntries(variables)) };
}
