<?php

declare(strict_types=1);

namespace MultiFlexiEmissary;

/**
 * The program that runs jobs.
 */
final class Program
{
    /** Names another program than the default. */
    private const VARIABLE = 'EMISSARY_LAUNCHER';
    private const NAME = 'multiflexi-emissary';
    private const PATH = '/usr/local/bin:/usr/bin:/bin';

    // As a shell has them.
    private const NOT_FOUND = 127;
    private const NOT_EXECUTABLE = 126;

    /**
     * It is looked for before anything is prepared for it, so a missing one is told at once.
     *
     * @param array<string, string> $configuration
     *
     * @return string its path
     *
     * @throws Refusal
     */
    public static function find(array $configuration): string
    {
        $name = ($configuration[self::VARIABLE] ?? '') ?: self::NAME;
        $found = array_filter(self::candidates($name, $configuration), 'file_exists');

        foreach ($found as $path) {
            if (is_file($path) && is_executable($path)) {
                return $path;
            }
        }

        $hint = 'install multiflexi-emissary, or set ' . self::VARIABLE . ' to its path';

        throw $found === []
            ? new Refusal("{$name} was not found; {$hint}", self::NOT_FOUND)
            : new Refusal(reset($found) . " cannot be executed; {$hint}", self::NOT_EXECUTABLE);
    }

    /**
     * @param array<string, string> $configuration
     *
     * @return list<string>
     */
    private static function candidates(string $name, array $configuration): array
    {
        if (str_contains($name, '/')) {
            return [$name];
        }

        $directories = explode(':', ($configuration['PATH'] ?? '') ?: self::PATH);

        return array_map(static fn (string $directory): string => "{$directory}/{$name}", $directories);
    }
}
