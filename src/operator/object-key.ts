/** What names an object of one kind within the cluster. */
export interface Place {
  readonly name?: string;
  readonly namespace?: string;
}

/** The key of an object, by which queues and stores know it. */
export function keyOf({ namespace = '', name = '' }: Place): string {
  return `${namespace}/${name}`;
}

/** The names in a key. */
export function placeOf(key: string): Required<Place> {
  const [namespace = '', name = ''] = key.split('/');
  return { namespace, name };
}
