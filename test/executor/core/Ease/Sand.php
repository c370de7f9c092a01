<?php

declare(strict_types=1);

namespace Ease;

/**
 * An object with data and messages.
 */
class Sand
{
    public ?array $data = null;

    public function getDataValue(string $name): mixed
    {
        return $this->data[$name] ?? null;
    }

    public function setDataValue(string $name, mixed $value): bool
    {
        $this->data[$name] = $value;

        return true;
    }

    public function getMyKey(): ?int
    {
        return $this->data['id'] ?? null;
    }

    public function addStatusMessage(string $message, string $type = 'info'): bool
    {
        Shared::$messages[] = "{$type}: {$message}";

        return true;
    }
}
