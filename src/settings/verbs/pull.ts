import { Fault } from '../../base/fault.ts';

const known = ['missing', 'always', 'never'] as const;

/** When an image is pulled. */
export type Pull = (typeof known)[number];

/** The value of `--pull`. @throws Fault `usage` */
export function pullOf(text: string | null, source: string): Pull {
  const found = known.find((each) => each === (text ?? 'missing'));
  if (found !== undefined) return found;
  throw new Fault('usage', `${source} must be one of ${known.join(', ')}`);
}
