import type { Plugin } from 'esbuild';

/**
 * Packages that a client loads at its start and that this program never reaches. Dockerode's: building images (BuildKit, over
 * gRPC; tar-fs), and an ssh of its own, which knows no known hosts (decision 91). Kubernetes': its HTTP client, and copying
 * (decision 94). Google's: its HTTP client (decision 104). In their place there is an empty module.
 */
const absent =
  /^(?:ssh2|@grpc\/grpc-js|@grpc\/proto-loader|protobufjs|tar-fs|@balena\/dockerignore|undici|stream-buffers|node-fetch)$/;

/** The plugin of esbuild that leaves them out. */
export const absentPackages: Plugin = {
  name: 'absent-packages',
  setup: (build) => {
    build.onResolve({ filter: absent }, ({ path }) => ({ path, namespace: 'absent' }));
    build.onLoad({ filter: /.*/, namespace: 'absent' }, () => ({ contents: 'module.exports = {}' }));
  },
};
