import { Fault } from '../base/fault.ts';
import type { Application } from '../settings/application/application.ts';
import type { Verb } from '../settings/cli/verbs.ts';
import type { FileSource } from './file-inputs.ts';
import { type JobArguments, jobArguments } from './job-arguments.ts';
import { type JobTemplate, jobTemplate } from './job-template.ts';
import { type JobVariables, jobVariables } from './job-variables.ts';
import type { KubernetesObject } from './kubernetes-object.ts';

/** What an application's definition makes of a job. */
export interface ApplicationJob {
  readonly application: Application;
  readonly variables: JobVariables;
  readonly args: JobArguments;
  readonly template: JobTemplate;
}

/** What a job is made of. */
interface Given {
  readonly application: Application;
  /** The job's variables besides the application's defaults. */
  readonly variables: ReadonlyMap<string, string>;
  /** Patterns of more names whose values are secret. */
  readonly secretNames: readonly string[];
  /** How the job gets the files that variables name. */
  readonly files: FileSource;
  /** What its template has besides: stores, more inputs and outputs. */
  readonly more?: KubernetesObject | null;
}

/**
 * Expands an application's definition, and finds out what of it is secret.
 *
 * @param verb begins the messages
 * @throws Fault `usage` for a variable that is missing, or has a value of a wrong type
 */
export function applicationJob(verb: Verb, given: Given): ApplicationJob {
  const { application, files } = given;
  try {
    const variables = jobVariables(application, given.variables, given.secretNames);
    const args = jobArguments(application, variables);
    return { application, variables, args, template: jobTemplate(given, variables, files) };
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'usage') throw error;
    throw new Fault('usage', `${verb}: ${error.message}`, { cause: error });
  }
}
