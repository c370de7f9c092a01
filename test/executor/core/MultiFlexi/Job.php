<?php

declare(strict_types=1);

namespace MultiFlexi;

/**
 * A job, in the order of core's calls.
 */
class Job extends \Ease\Sand
{
    public executor $executor;

    /** What Zabbix would get. */
    public ?string $report = null;

    /** @var array<string, string> paths by variable */
    public array $uploads;

    private Application $application;

    private ConfigFields $environment;

    private ?\PDO $database = null;

    public function __construct(array $job)
    {
        $this->data = $job;
        $this->uploads = $job['files'] ?? [];
        $this->application = new Application($job['application']);
        $this->environment = new ConfigFields('Job');

        foreach ($job['variables'] ?? [] as $name => $variable) {
            $given = \is_array($variable) ? $variable : ['value' => $variable];
            $this->environment->addField(
                new ConfigField($name, $given['type'] ?? 'string', $given['value'], $given['secret'] ?? false),
            );
        }

        // Every job that is loaded has an executor.
        $class = '\\MultiFlexi\\Executor\\' . $job['executor'];
        $this->executor = new $class($this);
    }

    public function performJob(): void
    {
        $this->runBegin();

        try {
            $this->executor->launchJob();
            $exitCode = $this->executor->getExitCode();
        } catch (\Throwable $problem) {
            $this->addStatusMessage((string) $problem, 'error');
            $exitCode = 255;
        }

        $this->runEnd($exitCode);
    }

    public function getApplication(): Application
    {
        return $this->application;
    }

    public function getEnvironment(): ConfigFields
    {
        return $this->environment;
    }

    public function setPid(int $pid): void
    {
        $this->setDataValue('pid', $pid);
    }

    public function database(): \PDO
    {
        if ($this->database === null) {
            $this->database = new \PDO('sqlite:' . \Ease\Shared::cfg('TEST_DATABASE'));
            $this->database->exec('PRAGMA journal_mode = wal');
            $this->database->exec('PRAGMA busy_timeout = 60000');
        }

        return $this->database;
    }

    private function runBegin(): void
    {
        $report = $this->environment->getFieldByCode('RESULT_FILE');

        if ($report !== null && ($report->getValue()[0] ?? '/') !== '/') {
            $report->setValue(Defaults::$MULTIFLEXI_TMP . '/' . $report->getValue());
        }

        $this->environment->applyMacros();
        $this->executor->setJob($this);
        $this->update(['command' => $this->executor->commandline(), 'begin' => gmdate('Y-m-d H:i:s')]);
    }

    private function runEnd(int $exitCode): void
    {
        foreach (glob(Defaults::$MULTIFLEXI_TMP . '/*') ?: [] as $file) {
            if (is_file($file) && $this->isArtifact(basename($file))) {
                $this->database()
                    ->prepare('INSERT INTO artifacts (job_id, filename, artifact) VALUES (?, ?, ?)')
                    ->execute([$this->getMyKey(), basename($file), file_get_contents($file)]);
            }
        }

        $report = (string) $this->environment->getFieldByCode('RESULT_FILE')?->getValue();
        $this->report = is_file($report) ? file_get_contents($report) : null;
        $this->update([
            'pid' => $this->executor->getPid(),
            'end' => gmdate('Y-m-d H:i:s'),
            'exitcode' => $exitCode,
        ]);
    }

    private function isArtifact(string $name): bool
    {
        $patterns = array_column($this->application->getDataValue('artifacts') ?? [], 'path');

        return array_filter($patterns, static fn (string $each): bool => @preg_match("/{$each}/", $name) === 1) !== [];
    }

    private function update(array $values): void
    {
        $columns = implode(', ', array_map(static fn (string $name): string => "\"{$name}\" = ?", array_keys($values)));
        $this->database()
            ->prepare("UPDATE job SET {$columns} WHERE id = ?")
            ->execute([...array_values($values), $this->getMyKey()]);
    }
}
