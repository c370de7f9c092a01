import { programs } from '../programs.ts';
import { bashCompletion } from './bash-completion.ts';
import { fishCompletion } from './fish-completion.ts';
import { linkBeside, type PackageFile, plainFile } from './package-file.ts';
import { zshCompletion } from './zsh-completion.ts';

const bash = 'usr/share/bash-completion/completions';
const fish = 'usr/share/fish/vendor_completions.d';
const zsh = 'usr/share/zsh/vendor-completions';

/** Completion of both programs for bash, fish and zsh, where each shell looks for it. */
export function completions(): readonly PackageFile[] {
  const [first, ...others] = programs;
  return [
    plainFile(`${bash}/${first}`, bashCompletion()),
    ...others.map((program) => linkBeside(`${bash}/${program}`, first)),
    ...programs.map((program) => plainFile(`${fish}/${program}.fish`, fishCompletion(program))),
    plainFile(`${zsh}/_${first}`, zshCompletion()),
  ];
}
