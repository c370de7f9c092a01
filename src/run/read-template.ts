import { lstatSync } from 'node:fs';
import { Fault, messageOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { readOnVolume } from '../base/read-regular.ts';
import { textOf } from '../base/text-of.ts';
import type { Layout } from '../contract/layout.ts';
import { foreignOwnerReason, madeByInit } from '../contract/made-by-init.ts';
import { emptyTemplate, type Template } from '../settings/template/template.ts';
import { templateFromJson } from '../settings/template/template-from-json.ts';

/**
 * Reads the template on the volume; an empty template if there is none.
 * @throws Fault `template`, also when someone other than `init` wrote it
 */
export async function readTemplate({ root, template }: Layout): Promise<Template> {
  let text: string;
  try {
    const check = (owner: number) => requireInits(root, owner);
    const bytes = readOnVolume(template, limits.templateBytes, { check });
    if (bytes === null) return emptyTemplate;
    text = textOf(bytes);
  } catch (cause) {
    throw new Fault('template', `Cannot read template ${template}: ${messageOf(cause)}`, { cause });
  }
  return templateFromJson(text, template);
}

/** Whether `init` has prepared the volume: its template is the last thing that the job needs. */
export function isPrepared({ root, template }: Layout): boolean {
  const found = lstatSync(template, { throwIfNoEntry: false });
  return found?.isFile() === true && madeByInit(root, found.uid);
}

/**
 * Refuses staged inputs that `init` did not write: they include the script to be executed.
 * @throws Fault `inputs`
 */
export function requireOwnInputs({ root, inputs }: Layout): void {
  const found = lstatSync(inputs, { throwIfNoEntry: false });
  if (found === undefined) return;
  try {
    requireInits(root, found.uid);
  } catch (cause) {
    throw new Fault('inputs', `Cannot use the inputs ${inputs}: ${messageOf(cause)}`, { cause });
  }
}

function requireInits(root: string, owner: number): void {
  if (!madeByInit(root, owner)) throw new Error(foreignOwnerReason(owner));
}
