<?php

declare(strict_types=1);

namespace Ease;

/**
 * The configuration and the messages of the process.
 */
class Shared
{
    /** @var list<string> */
    public static array $messages = [];

    public static function cfg(string $name, mixed $default = null): mixed
    {
        return \defined($name) ? \constant($name) : (getenv($name) ?: $default);
    }
}
