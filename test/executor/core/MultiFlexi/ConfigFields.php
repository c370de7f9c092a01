<?php

declare(strict_types=1);

namespace MultiFlexi;

/**
 * Variables by name.
 */
class ConfigFields implements \Countable, \IteratorAggregate
{
    /** @var array<string, ConfigField> */
    private array $fields = [];

    public function __construct(private string $name = '')
    {
    }

    public function addField(ConfigField $field): self
    {
        $this->fields[$field->getCode()] = $field;
        ksort($this->fields);

        return $this;
    }

    public function addFields(self $fields): self
    {
        foreach ($fields as $field) {
            $this->addField($field);
        }

        return $this;
    }

    public function getFields(): array
    {
        return $this->fields;
    }

    public function getFieldByCode(string $code): ?ConfigField
    {
        return $this->fields[$code] ?? null;
    }

    public function getEnvArray(): array
    {
        return array_map(static fn (ConfigField $field): ?string => $field->getValue(), $this->fields);
    }

    /** Macros may stand in macros' values. */
    public function applyMacros(): self
    {
        foreach ($this->fields as $field) {
            foreach ($this->fields as $name => $other) {
                $field->setValue(
                    $field->getValue() === null
                        ? null
                        : str_replace('{' . $name . '}', (string) $other->getValue(), $field->getValue()),
                );
            }
        }

        return $this;
    }

    public function count(): int
    {
        return \count($this->fields);
    }

    public function getIterator(): \Iterator
    {
        return new \ArrayIterator($this->fields);
    }
}
