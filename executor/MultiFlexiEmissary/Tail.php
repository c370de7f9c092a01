<?php

declare(strict_types=1);

namespace MultiFlexiEmissary;

/**
 * The end of a stream. Core keeps an executor's output in memory, and echoes it into a pipe that is rarely read.
 */
final class Tail
{
    private const BYTES = 32_768;

    private string $kept = '';

    private bool $isWhole = true;

    public function add(string $piece): void
    {
        $this->kept .= $piece;

        if (\strlen($this->kept) > self::BYTES) {
            $this->kept = substr($this->kept, -self::BYTES);
            $this->isWhole = false;
        }
    }

    /** Without the rest of a character whose beginning is lost. */
    public function text(): string
    {
        return $this->isWhole ? $this->kept : (string) preg_replace('/^[\x80-\xbf]{1,3}/', '', $this->kept);
    }
}
