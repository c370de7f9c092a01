import * as z from 'zod/mini';

/**
 * An array whose first invalid element ends the check. zod would describe each of the millions that a job may have put
 * there, in a hundred times their memory.
 */
export function arrayOf<T>(element: z.ZodMiniType<T>) {
  return z.pipe(
    z.array(z.unknown()),
    z.transform((items, context): T[] => {
      const checked: T[] = [];
      for (const item of items) {
        const result = element.safeParse(item);
        if (!result.success) {
          context.issues.push({ code: 'custom', message: 'has a wrong element', input: null });
          return z.NEVER;
        }
        checked.push(result.data);
      }
      return checked;
    }),
  );
}
