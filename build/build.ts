import { bundle } from './bundle.ts';
import { makeExecutable } from './executable.ts';

await bundle('src/main.ts', 'dist/emissary.cjs');
await makeExecutable('dist/emissary.cjs', 'dist/emissary');
