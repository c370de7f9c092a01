import * as z from 'zod/mini';
import { arrayOf } from '../../../observe/array-schema.ts';
import type { ContainerGroup, GroupContainer, GroupEvent } from '../group.ts';
import { NoAnswer } from './manager-error.ts';

/** Missing and null mean the same: it is not known. */
const text = z.pipe(
  z.nullish(z.string()),
  z.transform((value) => value ?? ''),
);
const list = <T>(element: z.ZodMiniType<T>) =>
  z.pipe(
    z.nullish(arrayOf(element)),
    z.transform((value): readonly T[] => value ?? []),
  );

const event = z.object({ name: text, message: text, type: text, lastTimestamp: text });
/** They only explain: what is none is left out, and the states beside it count. */
const events = z.pipe(
  z.optional(z.unknown()),
  z.transform((all): readonly GroupEvent[] =>
    (Array.isArray(all) ? all : []).flatMap((each) => event.safeParse(each).data ?? []),
  ),
);

const container = z.pipe(
  z.object({
    name: z.string(),
    properties: z.nullish(
      z.object({
        // Only told.
        resources: z.catch(
          z.nullish(z.object({ requests: z.object({ memoryInGB: z.nullish(z.number()) }) })),
          null,
        ),
        instanceView: z.nullish(
          z.object({
            restartCount: z.nullish(z.int()),
            currentState: z.nullish(
              z.object({ state: text, exitCode: z.nullish(z.int()), detailStatus: text }),
            ),
            events,
          }),
        ),
      }),
    ),
  }),
  z.transform(({ name, properties }): GroupContainer => {
    const { restartCount, currentState, events: own = [] } = properties?.instanceView ?? {};
    return {
      name,
      memoryGb: properties?.resources?.requests.memoryInGB ?? null,
      restartCount: restartCount ?? 0,
      state: currentState?.state ?? '',
      exitCode: currentState?.exitCode ?? null,
      detailStatus: currentState?.detailStatus ?? '',
      events: own,
    };
  }),
);

/** A container group. What a launch decides by must be right, and may be missing. */
export const groupSchema = z.pipe(
  z.object({
    name: text,
    location: text,
    properties: z.object({
      provisioningState: text,
      instanceView: z.nullish(z.object({ state: text, events })),
      containers: list(container),
      initContainers: list(container),
    }),
  }),
  z.transform(({ name, location, properties }): ContainerGroup => {
    const { instanceView, ...own } = properties;
    return { name, location, ...own, state: instanceView?.state ?? '', events: instanceView?.events ?? [] };
  }),
);

/** One page of groups: whose they are. What they do is in none. */
export const groupsSchema = z.object({
  value: arrayOf(z.object({ name: z.string(), tags: z.nullish(z.record(z.string(), z.string())) })),
  nextLink: text,
});

/** The kinds of groups of a region, and the most that each may have. */
export const capabilitiesSchema = z.object({
  value: arrayOf(
    z.object({
      osType: text,
      gpu: text,
      capabilities: z.nullish(
        z.object({ maxCpu: z.nullish(z.number()), maxMemoryInGB: z.nullish(z.number()) }),
      ),
    }),
  ),
});

/** A resource group. */
export const placeSchema = z.object({ location: z.string() });

/** A service, as a subscription knows it. */
export const registrationSchema = z.object({ registrationState: z.string() });

const actions = list(z.string());
/** What roles grant. */
export const permissionsSchema = z.object({ value: arrayOf(z.object({ actions, notActions: actions })) });

/** An operation; its error may have any shape. */
export const operationSchema = z.object({ status: z.string(), error: z.optional(z.unknown()) });

/** The end of a log. */
export const logSchema = z.object({ content: text });

/**
 * An answer, checked.
 *
 * @param what for the sentence: `the group`
 * @throws NoAnswer for one of another shape: a proxy may have answered
 */
export function answered<T>(schema: z.ZodMiniType<T>, body: unknown, what: string): T {
  const found = schema.safeParse(body);
  if (found.success) return found.data;
  const place = found.error.issues[0]?.path.join('.') ?? '';
  throw new NoAnswer(`it answered without ${what}${place === '' ? '' : ` (${place} is wrong)`}`);
}
