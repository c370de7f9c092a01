<?php

declare(strict_types=1);

namespace MultiFlexiEmissary;

use MultiFlexi\CommonExecutor;
use MultiFlexi\ConfigFields;
use MultiFlexi\Defaults;
use MultiFlexi\FileStore;

/**
 * What all executors of this package share: a run of `multiflexi-emissary launch`, which runs the job and writes its
 * output lines, artifacts and row to MultiFlexi's database by itself.
 *
 * Core creates an executor for every job that it loads, so the constructor is core's own, without side effects.
 */
abstract class EmissaryExecutor extends CommonExecutor implements \MultiFlexi\executor
{
    /** The directory for temporary files that all jobs share, as it was before the first job. */
    private static ?string $shared = null;

    private ?LaunchResult $result = null;

    /**
     * @return string for `launch --engine`
     */
    abstract protected static function engine(): string;

    /**
     * @return array<string, string> settings of `launch` that the daemon's configuration has not set
     */
    protected static function defaults(): array
    {
        return [];
    }

    /**
     * @param mixed $app an application; one without an image cannot run in a container
     */
    public static function usableForApp($app): bool
    {
        return \is_object($app) && !empty($app->getDataValue('ociimage'));
    }

    /**
     * @return string the job's command for people; a secret stays a `{NAME}`
     */
    public function commandline(): string
    {
        return CommandLine::of($this->job->getApplication(), $this->environment);
    }

    public function launchJob(): void
    {
        $this->launch($this->commandline());
    }

    /**
     * Runs the job, and returns when it has ended and was reported.
     *
     * @param string $command for the log only: `launch` reads the command from the application's definition
     *
     * @return int the job's exit code; 64 if it was not run or not reported, 127 or 126 if `launch` cannot be started
     */
    public function launch(string $command): ?int
    {
        $this->addStatusMessage('Job launched: ' . $command, 'debug');

        try {
            $this->result = $this->run();
        } catch (\Throwable $problem) {
            $this->result = LaunchResult::refused($problem);
        }

        if ($this->result->problem !== null) {
            // There may be no row of `launch` that tells it. Its own rows have other types.
            $this->addOutput($this->result->problem . "\n", 'error');
            $this->addStatusMessage($this->result->problem, 'error');
        }

        return $this->result->exitCode;
    }

    /** The end of the job's standard output. */
    public function getOutput(): string
    {
        return $this->result?->stdout ?? '';
    }

    /** The end of the job's standard error, with the messages of `launch`. */
    public function getErrorOutput(): string
    {
        return $this->result?->stderr ?? '';
    }

    public function getExitCode(): int
    {
        return $this->result?->exitCode ?? LaunchResult::UNKNOWN;
    }

    public function meaning(): string
    {
        return $this->result?->meaning() ?? 'The job has not ended';
    }

    public function storeLogs(): void
    {
        // `launch` has stored them.
    }

    private function run(): LaunchResult
    {
        $configuration = Configuration::read();
        $program = Program::find($configuration);
        self::$shared ??= rtrim(Defaults::$MULTIFLEXI_TMP ?? sys_get_temp_dir(), '/');
        $work = new WorkDirectory(self::$shared, (int) $this->job->getMyKey());
        $uploaded = $this->extractUploadedFiles();

        try {
            $files = new JobFiles(
                $this->job,
                $this->environment,
                static::engine(),
                $configuration,
                $work,
                self::$shared,
            );

            $process = new LaunchProcess(
                [$program, 'launch', '--engine', static::engine(), ...$files->arguments()],
                LaunchEnvironment::of(static::engine(), $configuration, $this->environment) + static::defaults(),
                $files->directory(),
            );

            // Core reads the report after the run, and artifacts in the directory below.
            if ($files->report() !== null) {
                $this->environment->getFieldByCode('RESULT_FILE')->setValue($files->report());
            }

            return $process->run(function (int $pid): void {
                $this->pid = $pid;
                $this->job->setPid($pid);
            });
        } finally {
            $work->removeSecrets();
            Defaults::$MULTIFLEXI_TMP = $work->artifacts;
            array_map('unlink', array_filter($uploaded->getEnvArray(), 'is_file'));
        }
    }

    /** Writes the files that a user uploaded for the job, and adds their paths to its variables. */
    private function extractUploadedFiles(): ConfigFields
    {
        if (!method_exists(FileStore::class, 'extractFilesForJob')) {
            return new ConfigFields('Uploaded files');
        }

        $files = (new FileStore())->extractFilesForJob($this->job);
        $this->environment->addFields($files);

        return $files;
    }
}
