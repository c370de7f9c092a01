import { isAbsolute } from 'node:path';
import { type ApplicationJob, applicationJob } from '../../pod/application-job.ts';
import { withJobId } from '../../pod/pod-objects.ts';
import type { Application } from '../../settings/application/application.ts';
import { defaultMask } from '../../settings/secret-names.ts';
import type { LaunchSettings } from '../../settings/verbs/launch-settings.ts';
import { readTemplateObject } from '../../settings/verbs/read-template-object.ts';

/** What a launched job consists of, whatever engine runs it. */
export interface JobPlan {
  /** Empty: the image's own command. */
  readonly command: readonly string[];
  /** Arguments behind it that nobody may see from outside. */
  readonly hiddenArguments: readonly string[];
  readonly variables: ReadonlyMap<string, string>;
  /** Patterns of names, for EMISSARY_MASK_ENV; null: the default. */
  readonly mask: string | null;
  /** The template for `init`; null: that of `--template`, or none. */
  readonly template: object | null;
  /** The path of the job's report; null: it writes none. */
  readonly resultFile: string | null;
  /** What all this was made of; null: it is a command. */
  readonly application: ApplicationJob | null;
}

/** @throws Fault `usage` for a variable that is missing, or has a value of a wrong type */
export function planJob(settings: LaunchSettings): JobPlan {
  const { application, variables, secretNames, command } = settings;
  if (application !== null) return planApplication(settings, application);
  const mask = secretNames.length === 0 ? null : [defaultMask, ...secretNames].join(',');
  const report = variables.get('RESULT_FILE') ?? '';
  const resultFile = isAbsolute(report) && settings.template === null ? report : null;
  const template = resultFile === null ? null : { multiflexi: { resultFile } };
  return { command, hiddenArguments: [], variables, mask, template, resultFile, application: null };
}

function planApplication(settings: LaunchSettings, application: Application): JobPlan {
  const { engine, jobId, secretNames } = settings;
  const isPod = engine === 'kubernetes' || engine === 'azure';
  const job = applicationJob('launch', {
    application,
    variables: isPod ? withJobId(settings.variables, jobId) : settings.variables,
    secretNames,
    // On this machine, the files that variables name are at their paths already.
    files: isPod ? 'included' : engine === 'native' ? 'elsewhere' : 'named',
    more: settings.template === null ? null : readTemplateObject(settings.template),
  });
  const { variables, args } = job;
  const { template } = job.template;
  return {
    command: [application.executable],
    hiddenArguments: args.args,
    variables: new Map([...variables.plain, ...variables.secret]),
    mask: variables.mask,
    template,
    resultFile: textOf((template['multiflexi'] as { readonly resultFile?: unknown }).resultFile),
    application: job,
  };
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
