import { build } from 'esbuild';

/** Bundles what runs in the page of a run (`src/page/browser`) into one script and one style. */
export async function bundlePage(): Promise<{ readonly script: string; readonly style: string }> {
  const { outputFiles } = await build({
    entryPoints: ['src/page/browser/main.tsx', 'src/page/browser/page.css'],
    outdir: 'page',
    bundle: true,
    minify: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    // What the oldest supported browsers have: https://caniuse.com/decompressionstream, /css-light-dark
    target: ['chrome123', 'firefox121', 'safari17.5'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    charset: 'ascii',
    legalComments: 'none',
    logLevel: 'warning',
  });
  const textOf = (end: string) => outputFiles.find(({ path }) => path.endsWith(end))?.text.trim() ?? '';
  return { script: textOf('.js').replaceAll('</script', '<\\/script'), style: textOf('.css') };
}
