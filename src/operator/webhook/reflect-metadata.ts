/**
 * The container of classes that `@peculiar/x509` uses wants a part of JavaScript that was never standardized, to read the
 * types of constructors that were annotated. None is: what it needs are functions that find nothing. To be imported first.
 */
for (const name of ['getMetadata', 'getOwnMetadata', 'defineMetadata'])
  if (!(name in Reflect)) Object.defineProperty(Reflect, name, { value: () => undefined });
