import { Fault, messageOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { textOf } from '../base/text-of.ts';
import { foreignOwnerReason, madeByInit } from '../contract/made-by-init.ts';
import type { Volume } from '../contract/volume.ts';
import { emptyTemplate, type Template } from '../settings/template/template.ts';
import { templateFromJson } from '../settings/template/template-from-json.ts';

/**
 * The template that the reader was given, else the one on the volume, else the empty one.
 * @throws Fault `template`
 */
export async function readTemplate(volume: Volume): Promise<Template> {
  const { givenTemplate } = volume;
  if (givenTemplate !== null) return templateFromJson(givenTemplate.text, givenTemplate.origin);
  const look = volume.read('template', limits.templateBytes);
  switch (look.kind) {
    case 'absent':
      return emptyTemplate;
    case 'refused':
      throw unreadable(volume, `it ${look.reason}`);
    case 'read':
      if (!madeByInit(volume.root, look.owner)) throw unreadable(volume, foreignOwnerReason(look.owner));
      return templateFromJson(text(look.bytes, volume), `"${volume.root}/template"`);
  }
}

function text(bytes: Buffer, volume: Volume): string {
  try {
    return textOf(bytes);
  } catch (cause) {
    throw unreadable(volume, messageOf(cause));
  }
}

function unreadable({ root }: Volume, reason: string): Fault {
  return new Fault('template', `Cannot read template "${root}/template": ${reason}`);
}

/** How often a job is started at most; 1 if the template cannot be read, in which case its wrapper starts no job. */
export async function attemptsOf(volume: Volume): Promise<number> {
  try {
    return (await readTemplate(volume)).retry.attempts;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return 1;
  }
}
