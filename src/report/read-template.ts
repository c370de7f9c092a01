import { Fault, sentenceOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { textOf } from '../base/text-of.ts';
import type { Volume } from '../contract/volume.ts';
import { emptyTemplate, parseTemplate, type Template } from '../settings/template.ts';

/**
 * The template on the volume; `{}` when there is none.
 * @throws Fault `template`
 */
export async function readTemplate(volume: Volume): Promise<Template> {
  const look = volume.read('template', limits.templateBytes);
  switch (look.kind) {
    case 'absent':
      return emptyTemplate;
    case 'refused':
      throw new Fault('template', `Cannot read template "${volume.root}/template": it ${look.reason}`);
    case 'read':
      return parseTemplate(text(look.bytes, volume), `"${volume.root}/template"`);
  }
}

function text(bytes: Buffer, { root }: Volume): string {
  try {
    return textOf(bytes);
  } catch (cause) {
    throw new Fault('template', `Cannot read template "${root}/template": ${sentenceOf(cause)}`, { cause });
  }
}
