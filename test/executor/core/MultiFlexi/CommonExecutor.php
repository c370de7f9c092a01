<?php

declare(strict_types=1);

namespace MultiFlexi;

/**
 * The base class of executors.
 */
abstract class CommonExecutor extends \Ease\Sand
{
    public Job $job;

    public ConfigFields $environment;

    public array $outputCache = [];

    public ?int $pid = null;

    public function __construct(Job &$job)
    {
        $this->environment = new ConfigFields('Executor');
        $this->setJob($job);
    }

    public function setJob(Job $job): void
    {
        $this->job = &$job;
        $this->environment->addFields($job->getEnvironment());
    }

    public function addOutput($line, $type): void
    {
        $this->outputCache[] = ['line' => $line, 'type' => $type];

        try {
            $this->job->database()
                ->prepare('INSERT INTO job_output_lines (job_id, seq, type, line) VALUES (?, ?, ?, ?)')
                ->execute([$this->job->getMyKey(), \count($this->outputCache), $type, $line]);
        } catch (\Throwable) {
            // Lost, as in core.
        }
    }

    public function getPid(): ?int
    {
        return $this->pid;
    }

    public function getEnvironment(): ConfigFields
    {
        return $this->environment;
    }
}
