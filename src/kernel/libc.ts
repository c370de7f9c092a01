import {
  type DynamicLibrary,
  type FunctionDefinitions,
  getInt32,
  DynamicLibrary as Library,
  type WrappedFunctionsFromDefinitions,
} from 'node:ffi';

let loaded: DynamicLibrary | null = null;

/** The functions of this process's own image: libc, and libuv as Node exports it. Opened on first use. */
export function processImage(): DynamicLibrary {
  loaded ??= new Library(null);
  return loaded;
}

/**
 * Binds functions of libc or libuv by name, each on first use: binding takes 15 µs, and the job's start should pay
 * only for what it calls. Pointers are `pointer` (bigint, 0n = NULL) or `buffer` (a Buffer whose memory is passed for
 * the call).
 */
export function bind<const T extends FunctionDefinitions>(
  definitions: T,
): WrappedFunctionsFromDefinitions<T> {
  // Resolved in advance: looking it up after a failed call would change errno.
  errnoLocation ??= processImage().getFunction('__errno_location', { arguments: [], return: 'pointer' });
  const functions = {} as WrappedFunctionsFromDefinitions<T>;
  for (const [name, definition] of Object.entries(definitions)) {
    const get = () => {
      const value = processImage().getFunction(name, definition);
      Object.defineProperty(functions, name, { value });
      return value;
    };
    Object.defineProperty(functions, name, { get, configurable: true });
  }
  return functions;
}

let errnoLocation: (() => bigint) | null = null;

/** `errno` of this thread; valid only immediately after the bound call that failed (errno(3)). */
export function errno(): number {
  return errnoLocation === null ? 0 : getInt32(errnoLocation());
}
