import { here } from '../../build/architecture.ts';
import { type ImageStart, type Tree, withBusybox, withTree } from './images.ts';

/** The images that the examples name. */
export const exampleImages: readonly {
  readonly image: string;
  readonly fill: (tree: Tree) => void;
  readonly start: ImageStart;
}[] = [
  {
    image: 'multiflexi-emissary:0.1.0',
    fill: (tree) => withTree(tree, `dist/image/${here.oci}`),
    start: { entrypoint: '/emissary', user: '65532:65532' },
  },
  {
    image: 'busybox:1.36',
    fill: (tree) => withBusybox(tree, ['sh', 'cat', 'grep', 'id', 'mkdir', 'sleep', 'sort', 'uname', 'wc']),
    start: {},
  },
];
