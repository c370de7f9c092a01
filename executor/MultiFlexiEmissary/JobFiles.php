<?php

declare(strict_types=1);

namespace MultiFlexiEmissary;

use MultiFlexi\ConfigFields;
use MultiFlexi\Job;

/**
 * The files that tell `launch` about the job. Variables go by file only: arguments and environments can be seen.
 */
final class JobFiles
{
    private const JSON = \JSON_UNESCAPED_SLASHES | \JSON_UNESCAPED_UNICODE | \JSON_THROW_ON_ERROR;

    private readonly string $definition;

    private readonly JobVariables $variables;

    /**
     * @param array<string, string> $configuration the daemon's
     * @param string $shared the directory for temporary files that all jobs share
     */
    public function __construct(
        private readonly Job $job,
        ConfigFields $fields,
        string $engine,
        private readonly array $configuration,
        private readonly WorkDirectory $work,
        string $shared,
    ) {
        $definition = $job->getApplication()->getAppJson();
        $this->definition = \is_string($definition) ? $definition : json_encode($definition, self::JSON);
        $directories = $engine === 'native'
            ? JobDirectories::onThisHost($work->temporary, $shared, $this->definition)
            : JobDirectories::inContainer($shared);
        $this->variables = JobVariables::of($fields, $directories);
        $work->makeDirectoriesOf($this->variables->values);
    }

    /** The working directory of `launch`, and of a job on this host. */
    public function directory(): string
    {
        return $this->work->temporary;
    }

    /** Where the job's report is copied to, or null. Its path is an argument, so it must not have a secret in it. */
    public function report(): ?string
    {
        $isSecret = \in_array('RESULT_FILE', $this->variables->secrets, true);

        return $this->work->reportOf($isSecret ? 'report' : $this->variables->values['RESULT_FILE'] ?? '');
    }

    /**
     * Writes the files.
     *
     * @return list<string> what comes after `launch --engine ENGINE`
     */
    public function arguments(): array
    {
        $arguments = [
            '--job-id', (string) $this->job->getMyKey(),
            '--variables', $this->work->write('variables.json', self::object($this->variables->values)),
            // A detached job would go on after core has stored its end.
            '--on-term', 'stop',
        ];

        if ($this->variables->secrets !== []) {
            array_push($arguments, '--secret-names', implode(',', $this->variables->secrets));
        }

        $report = $this->report();

        if ($report !== null) {
            array_push($arguments, '--copy-report', $report);
        }

        return [
            ...$arguments,
            ...$this->reporting(),
            $this->work->write('application.json', $this->definition),
        ];
    }

    /**
     * @return list<string>
     */
    private function reporting(): array
    {
        $where = $this->configuration['EMISSARY_REPORT'] ?? '';
        $report = ReportVariables::of($this->configuration, (int) $this->job->getMyKey());
        $arguments = [];

        if ($report !== []) {
            $arguments = ['--report-variables', $this->work->write('report-variables.json', self::object($report))];
        }

        if ($where === '') {
            array_push($arguments, '--report', $report === [] ? 'none' : 'host');
        }

        // Core stores what it finds in its directory for temporary files: `launch` may have stored it before.
        return $where !== 'none' && ReportVariables::haveDatabase($report)
            ? $arguments
            : [...$arguments, '--collect', $this->work->artifacts];
    }

    /**
     * @param array<string, string> $values
     */
    private static function object(array $values): string
    {
        return json_encode((object) $values, self::JSON);
    }
}
