import { isAbsolute } from 'node:path';
import { jobArguments } from '../../pod/job-arguments.ts';
import { jobTemplate } from '../../pod/job-template.ts';
import { jobVariables } from '../../pod/job-variables.ts';
import type { Application } from '../../settings/application/application.ts';
import { defaultMask } from '../../settings/secret-names.ts';
import type { LaunchSettings } from '../../settings/verbs/launch-settings.ts';

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
}

/** @throws Fault `usage` for a variable that is missing, or has a value of a wrong type */
export function planJob(settings: LaunchSettings): JobPlan {
  const { application, variables, secretNames, command } = settings;
  if (application !== null) return planApplication(settings, application);
  const mask = secretNames.length === 0 ? null : [defaultMask, ...secretNames].join(',');
  const report = variables.get('RESULT_FILE') ?? '';
  const resultFile = isAbsolute(report) && settings.template === null ? report : null;
  const template = resultFile === null ? null : { multiflexi: { resultFile } };
  return { command, hiddenArguments: [], variables, mask, template, resultFile };
}

function planApplication(settings: LaunchSettings, application: Application): JobPlan {
  const found = jobVariables(application, settings.variables);
  const { template } = jobTemplate(
    { application, variables: settings.variables },
    found,
    settings.engine === 'kubernetes' ? 'included' : 'named',
  );
  const { args } = jobArguments(application, found);
  const { inputs: _, ...withoutInputs } = template;
  // On this machine, the files that variables name are at their paths already.
  const isHere = settings.engine === 'native';
  return {
    command: [application.executable],
    hiddenArguments: args,
    variables: new Map([...found.plain, ...found.secret]),
    mask: [found.mask, ...settings.secretNames].join(','),
    template: isHere ? withoutInputs : template,
    resultFile: textOf((template['multiflexi'] as { readonly resultFile?: unknown }).resultFile),
  };
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
