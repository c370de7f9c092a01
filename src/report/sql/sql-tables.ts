import type { Generated } from 'kysely';

/**
 * The parts of MultiFlexi's tables that this program uses, and the database's own table of their columns. Times are
 * written by the database's own clock.
 */
export interface Tables {
  readonly job: {
    readonly id: number;
    readonly app_id: number;
    readonly begin: unknown;
    readonly end: unknown;
    readonly exitcode: number | null;
    readonly pid: number | null;
    readonly app_version: string | null;
    readonly schedule: unknown;
  };
  readonly apps: { readonly id: number; readonly version: string | null };
  readonly job_output_lines: {
    readonly id: Generated<number>;
    readonly job_id: number;
    readonly seq: number;
    readonly type: string;
    readonly line: string;
    readonly created_at: unknown;
  };
  readonly artifacts: {
    readonly id: Generated<number>;
    readonly job_id: number | null;
    readonly filename: string | null;
    readonly content_type: string | null;
    readonly artifact: string | null;
    readonly created_at: unknown;
    readonly note: string | null;
  };
  readonly 'information_schema.columns': {
    readonly table_schema: string;
    readonly table_name: string;
    readonly column_name: string;
    readonly character_set_name: string | null;
  };
}
