import { Fault } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
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
      return parseTemplate(look.bytes.toString(), `"${volume.root}/template"`);
  }
}

/** How often a job is started at the most; once where the template cannot be read: then its wrapper starts none. */
export async function attemptsOf(volume: Volume): Promise<number> {
  try {
    return (await readTemplate(volume)).retry.attempts;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return 1;
  }
}
