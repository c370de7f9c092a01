<?php

declare(strict_types=1);

namespace MultiFlexi;

class Application extends \Ease\Sand
{
    public function __construct(array $definition)
    {
        $this->data = $definition;
    }

    public function getAppJson(): string
    {
        return json_encode($this->data, JSON_PRETTY_PRINT | JSON_THROW_ON_ERROR);
    }
}
