/**
 * MultiFlexi's tables, as its 2026 migrations create them, for the databases of the tests and of `npm start`. The
 * program itself never creates a table.
 */
const job = `
  app_id INTEGER NOT NULL REFERENCES apps (id),
  begin TIMESTAMP NULL DEFAULT NULL,
  \`end\` DATETIME NULL DEFAULT NULL,
  company_id INTEGER NOT NULL REFERENCES company (id),
  exitcode INTEGER NULL DEFAULT NULL,
  launched_by INTEGER NOT NULL REFERENCES user (id),
  env TEXT,
  command TEXT,
  schedule TIMESTAMP NULL DEFAULT NULL,
  executor VARCHAR(255) DEFAULT 'Native',
  app_version VARCHAR(255) DEFAULT 'n/a',
  runtemplate_id INTEGER NULL REFERENCES runtemplate (id),
  schedule_type VARCHAR(255),
  pid INTEGER NULL,
  retention_until DATETIME NULL DEFAULT NULL,
  marked_for_deletion TINYINT NOT NULL DEFAULT 0,
  task_id INTEGER NULL REFERENCES task (id)`;

const common: readonly (readonly [table: string, columns: string])[] = [
  ['company', 'name VARCHAR(255)'],
  ['user', 'login VARCHAR(255)'],
  [
    'apps',
    'name VARCHAR(255), version VARCHAR(255), executable VARCHAR(255), ociimage VARCHAR(255), artifacts TEXT, helmchart TEXT',
  ],
  ['runtemplate', 'name VARCHAR(255), app_id INTEGER, company_id INTEGER'],
  ['task', 'name VARCHAR(255)'],
  ['job', job],
];

/** The statements that create the tables in SQLite. */
export const sqliteTables: readonly string[] = [
  ...common.map(
    ([table, columns]) =>
      `CREATE TABLE IF NOT EXISTS ${table} (id INTEGER PRIMARY KEY AUTOINCREMENT, ${columns})`,
  ),
  `CREATE TABLE IF NOT EXISTS job_output_lines (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    seq INTEGER NOT NULL DEFAULT 0,
    type TEXT NOT NULL DEFAULT 'stdout',
    line TEXT NOT NULL DEFAULT '',
    created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP)`,
  'CREATE INDEX IF NOT EXISTS job_output_lines_seq ON job_output_lines (job_id, seq)',
  'CREATE INDEX IF NOT EXISTS job_output_lines_id ON job_output_lines (job_id, id)',
  `CREATE TABLE IF NOT EXISTS artifacts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id INTEGER REFERENCES job (id) ON DELETE CASCADE,
    filename TEXT, content_type TEXT DEFAULT 'text/plain', artifact TEXT,
    created_at TEXT DEFAULT CURRENT_TIMESTAMP, note TEXT)`,
  `CREATE TABLE IF NOT EXISTS file_store (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id INTEGER, runtemplate_id INTEGER, field TEXT, file_name TEXT, file_path TEXT, file_data BLOB,
    created_at TEXT DEFAULT CURRENT_TIMESTAMP)`,
];

/** The statements that create the tables in MariaDB 10.11, character set utf8mb4. */
export const mariadbTables: readonly string[] = [
  ...common.map(
    ([table, columns]) =>
      `CREATE TABLE IF NOT EXISTS \`${table}\` (id INTEGER AUTO_INCREMENT PRIMARY KEY, ${columns}) ENGINE=InnoDB CHARACTER SET utf8mb4`,
  ),
  `CREATE TABLE IF NOT EXISTS job_output_lines (
    id INTEGER AUTO_INCREMENT PRIMARY KEY,
    job_id INTEGER NOT NULL,
    seq INTEGER UNSIGNED NOT NULL DEFAULT 0,
    type VARCHAR(16) NOT NULL DEFAULT 'stdout',
    line TEXT NOT NULL DEFAULT '',
    created_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
    INDEX (job_id, seq), INDEX (job_id, id),
    FOREIGN KEY (job_id) REFERENCES job (id) ON DELETE CASCADE) ENGINE=InnoDB CHARACTER SET utf8mb4`,
  `CREATE TABLE IF NOT EXISTS artifacts (
    id INTEGER AUTO_INCREMENT PRIMARY KEY,
    job_id INTEGER, filename VARCHAR(255), content_type VARCHAR(255) DEFAULT 'text/plain', artifact LONGTEXT,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, note VARCHAR(255),
    FOREIGN KEY (job_id) REFERENCES job (id) ON DELETE CASCADE) ENGINE=InnoDB CHARACTER SET utf8mb4`,
  `CREATE TABLE IF NOT EXISTS file_store (
    id INTEGER AUTO_INCREMENT PRIMARY KEY,
    job_id INTEGER, runtemplate_id INTEGER, field VARCHAR(255), file_name VARCHAR(255), file_path VARCHAR(255),
    file_data LONGBLOB, created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP) ENGINE=InnoDB CHARACTER SET utf8mb4`,
];

/**
 * One company, user, application (version 1.2.3), runtemplate and job, each with ID `job`: the smallest possible job.
 */
export function seedStatements(job: number, application = 'sample', version = '1.2.3'): readonly string[] {
  const ignore = (table: string, columns: string, values: string) =>
    `INSERT INTO \`${table}\` (${columns}) SELECT ${values} WHERE NOT EXISTS (SELECT 1 FROM \`${table}\` WHERE id = ${job})`;
  return [
    ignore('company', 'id, name', `${job}, 'Sample company'`),
    ignore('user', 'id, login', `${job}, 'sample'`),
    ignore('apps', 'id, name, version', `${job}, '${application}', '${version}'`),
    ignore('runtemplate', 'id, name, app_id, company_id', `${job}, '${application}', ${job}, ${job}`),
    ignore(
      'job',
      'id, app_id, company_id, launched_by, runtemplate_id',
      `${job}, ${job}, ${job}, ${job}, ${job}`,
    ),
  ];
}
