/** Defined by the build, from `src/page/browser`: what runs in the page, and how it looks. */
declare const EMISSARY_PAGE: { readonly script: string; readonly style: string };

/** The page's own script and style. */
export const pageAssets: { readonly script: string; readonly style: string } =
  typeof EMISSARY_PAGE === 'object' ? EMISSARY_PAGE : { script: '', style: '' };
