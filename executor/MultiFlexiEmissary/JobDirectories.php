<?php

declare(strict_types=1);

namespace MultiFlexiEmissary;

use MultiFlexi\ConfigField;

/**
 * Where a job finds its files. Core places the files that a job writes in one directory that all jobs share: here each
 * job has its own, in place of it.
 */
final class JobDirectories
{
    /** Exists in every image. */
    private const IN_CONTAINER = '/tmp';

    /**
     * @param null|list<string> $patterns the names of files that the job produces; null if it is to write every file
     *     elsewhere, because the shared directory is not there
     */
    private function __construct(
        public readonly string $own,
        private readonly string $shared,
        private readonly ?array $patterns,
    ) {
    }

    public static function inContainer(string $shared): self
    {
        return new self(self::IN_CONTAINER, $shared, null);
    }

    /**
     * @param string $definition of the application, as JSON
     */
    public static function onThisHost(string $own, string $shared, string $definition): self
    {
        $application = json_decode($definition, true);
        $patterns = array_column(\is_array($application) ? (array) ($application['artifacts'] ?? []) : [], 'path');

        return new self($own, $shared, array_values(array_filter($patterns, 'is_string')));
    }

    /**
     * @return string the value of a variable, moved if it names a file in the shared directory
     */
    public function valueOf(ConfigField $field): string
    {
        $value = (string) $field->getValue();

        if ($value === $this->shared) {
            return $this->own;
        }

        // A file that the job reads stays where it is.
        if ($field->getType() === 'file-path' || !str_starts_with($value, $this->shared . '/')) {
            return $value;
        }

        return $this->isMoved($field->getCode(), $value) ? $this->own . '/' . $this->relative($value) : $value;
    }

    private function isMoved(string $name, string $value): bool
    {
        if ($this->patterns === null || $name === 'RESULT_FILE') {
            return true;
        }

        // Core finds artifacts in the same way. What is no artifact may be shared by jobs on purpose.
        $matches = static fn (string $pattern): bool => @preg_match('/' . $pattern . '/', basename($value)) === 1;

        return array_filter($this->patterns, $matches) !== [];
    }

    /** A job that is tried again has its variables from the first attempt, with paths in the directory of that one. */
    private function relative(string $value): string
    {
        $prefix = preg_quote(WorkDirectory::PREFIX, '~');

        return (string) preg_replace("~^(?:{$prefix}[^/]+/[^/]+/)+~", '', substr($value, \strlen($this->shared) + 1));
    }
}
