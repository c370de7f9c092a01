import { useEffect, useState } from 'preact/hooks';

/** The line of this log that the address names, or that was gone to. */
export function useTarget(name: string): readonly [number | null, (line: number) => void] {
  const [target, setTarget] = useState<number | null>(() => lineOfHash(name));
  useEffect(() => {
    const follow = () => setTarget(lineOfHash(name));
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, [name]);
  return [target, setTarget];
}

/** `#main-L12` is the twelfth line of main. */
function lineOfHash(name: string): number | null {
  const [, container, line] = /^#(.+)-L(\d{1,9})$/.exec(location.hash) ?? [];
  return container === name && line !== undefined ? Math.max(0, Number(line) - 1) : null;
}
