<?php

declare(strict_types=1);

namespace MultiFlexiEmissary;

/**
 * The daemon's configuration.
 */
final class Configuration
{
    /**
     * Core reads a setting from a constant first, then from the environment: systemd puts `multiflexi.env` into the
     * environment, but a program that reads the file itself makes constants of it.
     *
     * @return array<string, string> by name
     */
    public static function read(): array
    {
        $constants = get_defined_constants(true)['user'] ?? [];
        $settings = array_filter(
            $constants,
            static fn (mixed $value, string $name): bool => \is_scalar($value) && !str_contains($name, '\\'),
            \ARRAY_FILTER_USE_BOTH,
        );

        return array_map(static fn (mixed $value): string => (string) $value, $settings) + getenv();
    }
}
