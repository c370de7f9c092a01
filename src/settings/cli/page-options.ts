import type { OptionSpec } from './option-spec.ts';

/** The options of `page`, and of the pages of `operator`. */
export const pageOptions: readonly OptionSpec[] = [
  {
    name: 'job',
    verbs: ['page'],
    value: 'N',
    variables: [],
    help: 'the job of this ID in the database of MULTIFLEXI_DATABASE_URL, which is only read',
  },
  {
    name: 'output',
    verbs: ['page'],
    value: 'FILE',
    variables: [],
    help: 'the file of the page (default run.html)',
  },
  {
    name: 'serve',
    verbs: ['page'],
    value: 'PORT',
    variables: [],
    help: 'serve the page on this machine while the job runs, until Ctrl-C (0: any port)',
  },
  {
    name: 'title',
    verbs: ['page'],
    value: 'TEXT',
    variables: [],
    help: 'the title of the page (default the job, or its command)',
  },
  {
    name: 'page',
    verbs: ['operator'],
    value: 'PORT',
    variables: ['EMISSARY_PAGE_PORT'],
    help: 'where pages of the jobs are served, to who may get them and the log of their pods (default nowhere)',
  },
  {
    name: 'page-tls',
    verbs: ['operator'],
    value: 'DIR',
    variables: ['EMISSARY_PAGE_TLS'],
    help: 'tls.crt and tls.key for these pages, as a Secret is mounted (default the certificate of the webhook)',
  },
];
