#!/usr/bin/env php
<?php

declare(strict_types=1);

/*
 * A stand-in for a `launch` that reads files, as long as the built one does not: becomes the built one, with a command
 * line and variables that it knows. EMISSARY_TEST_PROGRAM names it.
 */

$file = array_pop($argv);
$options = array_column(array_chunk(array_slice($argv, 2), 2), 1, 0);
$read = static fn (?string $path): array => $path === null ? [] : json_decode(file_get_contents($path), true);
$variables = $read($options['--variables'] ?? null);
$application = $read($file);
$words = explode(' ', trim($application['executable'] . ' ' . ($application['cmdparams'] ?? '')));
$values = array_combine(array_map(static fn (string $name): string => '{' . $name . '}', array_keys($variables)), $variables);
$command = array_map(static fn (string $word): string => strtr($word, $values), $words);

pcntl_exec(
    getenv('EMISSARY_TEST_PROGRAM'),
    ['launch', '--engine', $options['--engine'], '--job-id', $options['--job-id'], '--', ...$command],
    [...getenv(), ...$variables, ...$read($options['--report-variables'] ?? null)],
);
