import { StartError } from './start-error.ts';

/** The arguments of `npm start`: options of `launch`, then the command. */
export interface StartArguments {
  readonly options: readonly string[];
  /** Empty: the sample application. */
  readonly command: readonly string[];
}

/**
 * Options come first; `--` ends them, as it does for `launch`.
 *
 * @throws StartError if they are not followed by it
 */
export function startArguments(args: readonly string[]): StartArguments {
  if (args[0]?.startsWith('--') !== true) return { options: [], command: args };
  const end = args.indexOf('--');
  const options = end === -1 ? args : args.slice(0, end);
  const stray = options.find(
    (arg, index) => !arg.startsWith('--') && options[index - 1]?.startsWith('--') !== true,
  );
  if (stray !== undefined)
    throw new StartError(`put the command behind another --: npm start -- … -- ${stray}`);
  return { options, command: end === -1 ? [] : args.slice(end + 1) };
}

/** The engine that these options choose. */
export function engineOf(options: readonly string[]): string {
  const given = options.findLast((arg) => arg.startsWith('--engine='))?.slice('--engine='.length);
  const at = options.indexOf('--engine');
  return given ?? (at === -1 ? undefined : options[at + 1]) ?? process.env['EMISSARY_ENGINE'] ?? 'native';
}
