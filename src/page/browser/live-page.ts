import type { PageModel } from '../page-model.ts';
import type { GrowingBytes } from './growing-bytes.ts';

const embedded = document.getElementById('model')?.textContent ?? '';

/** Whether the page shows a run that goes on: then it comes from a server, which tells of changes. */
export const isLive: boolean = embedded === '';

/** What the page shows at first; null: it is to come. */
export const firstModel: PageModel | null = isLive ? null : (JSON.parse(embedded) as PageModel);

/** When it is asked again after an answer that did not come, in ms. */
const againMs = 1_000;

/** Calls back with what there is to see, whenever that has changed. */
export function followModel(changed: (model: PageModel) => void): void {
  let isAsking = false;
  let isStale = false;
  const ask = async () => {
    isStale = true;
    if (isAsking) return;
    isAsking = true;
    while (isStale) {
      isStale = false;
      try {
        const answer = await fetch('model');
        if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
        changed((await answer.json()) as PageModel);
      } catch {
        isStale = true;
        await new Promise((resolve) => setTimeout(resolve, againMs));
      }
    }
    isAsking = false;
  };
  // Connects again by itself.
  new EventSource('events').addEventListener('message', () => void ask());
}

/** Reads what a file has more by now. */
export async function readServed(key: string, into: GrowingBytes): Promise<void> {
  for (;;) {
    const answer = await fetch(`log/${key}?from=${into.length}`);
    const bytes = answer.ok ? new Uint8Array(await answer.arrayBuffer()) : new Uint8Array();
    if (bytes.length === 0) return;
    into.append(bytes);
  }
}
