import { join } from 'node:path';
import type { Layout } from '../contract/layout.ts';
import { nameOf } from '../settings/cli/environment.ts';
import type { Template } from '../settings/template/template.ts';

/**
 * Lets the job use git in its checkouts, which belong to the user of `init`: git refuses another user's, unless it is told
 * that they are safe (git-config(1), safe.directory).
 */
export function withCheckouts(
  entries: readonly Buffer[],
  { template, layout }: { readonly template: Template; readonly layout: Layout },
): readonly Buffer[] {
  const paths = template.inputs
    .filter(({ source }) => source.kind === 'git')
    .flatMap(({ path }) => [path, join(layout.inputs, 'artifacts', path)]);
  if (paths.length === 0) return entries;
  const counter = 'GIT_CONFIG_COUNT';
  const given = entries.find((entry) => nameOf(entry) === counter)?.toString() ?? '';
  const count = Number(/^GIT_CONFIG_COUNT=([0-9]{1,4})$/.exec(given)?.[1] ?? 0);
  return [
    ...entries.filter((entry) => nameOf(entry) !== counter),
    ...paths.flatMap((path, index) => [
      Buffer.from(`GIT_CONFIG_KEY_${count + index}=safe.directory`),
      Buffer.from(`GIT_CONFIG_VALUE_${count + index}=${path}`),
    ]),
    Buffer.from(`${counter}=${count + paths.length}`),
  ];
}
