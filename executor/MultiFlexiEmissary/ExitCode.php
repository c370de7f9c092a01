<?php

declare(strict_types=1);

namespace MultiFlexiEmissary;

/**
 * What an exit code means, in one sentence.
 */
final class ExitCode
{
    private const SENTENCES = [
        0 => 'The job succeeded',
        64 => 'The job reported a usage error, or could not be run or reported',
        126 => 'The job\'s command cannot be executed',
        127 => 'The job\'s command was not found',
        LaunchResult::UNKNOWN => 'How the job ended is not known',
    ];

    /** The signals that end jobs, by their numbers on Linux. */
    private const SIGNALS = [
        1 => 'closed by its terminal (SIGHUP)',
        2 => 'interrupted (SIGINT)',
        3 => 'stopped (SIGQUIT)',
        6 => 'ended by its own abort (SIGABRT)',
        7 => 'ended by a bad memory access (SIGBUS)',
        9 => 'killed (SIGKILL): by somebody, after its grace time, or for its use of memory',
        11 => 'ended by a bad memory access (SIGSEGV)',
        13 => 'ended by writing to a closed pipe (SIGPIPE)',
        15 => 'stopped (SIGTERM)',
    ];

    private const LAST_SIGNAL = 64;

    public static function meaning(int $code): string
    {
        $signal = $code - 128;

        if ($signal > 0 && $signal <= self::LAST_SIGNAL) {
            return 'The job was ' . (self::SIGNALS[$signal] ?? "ended by signal {$signal}");
        }

        return self::SENTENCES[$code] ?? "The job failed with exit code {$code}";
    }
}
