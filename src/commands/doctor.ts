import { Fault } from '../base/fault.ts';

/** `multiflexi-emissary doctor` */
export async function doctor(): Promise<number> {
  throw new Fault('usage', 'doctor');
}
