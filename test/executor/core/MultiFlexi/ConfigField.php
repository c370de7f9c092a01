<?php

declare(strict_types=1);

namespace MultiFlexi;

/**
 * One variable.
 */
class ConfigField
{
    public function __construct(
        private string $code,
        private string $type,
        private ?string $value,
        private bool $isSecret = false,
    ) {
    }

    public function getCode(): string
    {
        return $this->code;
    }

    public function getType(): string
    {
        return $this->type;
    }

    public function getValue(): ?string
    {
        return $this->value;
    }

    public function setValue(?string $value): self
    {
        $this->value = $value;

        return $this;
    }

    public function isSecret(): bool
    {
        return $this->isSecret;
    }

    public function isRedactable(): bool
    {
        return $this->isSecret || $this->type === 'password';
    }
}
