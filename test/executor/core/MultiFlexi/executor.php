<?php

declare(strict_types=1);

namespace MultiFlexi;

/**
 * What core demands of an executor. It calls meaning() as well.
 */
interface executor
{
    public static function name(): string;

    public static function description(): string;

    public static function usableForApp($app): bool;

    public static function logo(): string;

    public function launch(string $command): ?int;

    public function launchJob(): void;

    public function getOutput(): string;

    public function getErrorOutput(): string;

    public function getExitCode(): int;

    public function storeLogs(): void;

    public function commandline(): string;

    public function getPid(): ?int;

    public function getEnvironment(): ConfigFields;

    public function setJob(Job $job): void;
}
