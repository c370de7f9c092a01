<?php

declare(strict_types=1);

namespace MultiFlexiEmissary;

use MultiFlexi\ConfigField;
use MultiFlexi\ConfigFields;

/**
 * Which of a job's variables are secret.
 */
final class Secrets
{
    /** The emissary does not mask shorter values. */
    private const SHORTEST = 6;

    /**
     * @return list<string> variables that are declared secret, and variables whose value has a secret in it, since core
     *     has expanded its macros
     */
    public static function namesIn(ConfigFields $fields): array
    {
        $declared = array_filter($fields->getFields(), self::isDeclared(...));
        $values = array_filter(
            array_map(static fn (ConfigField $field): string => (string) $field->getValue(), $declared),
            static fn (string $value): bool => \strlen($value) >= self::SHORTEST,
        );
        $isSecret = static function (ConfigField $field) use ($values): bool {
            $value = (string) $field->getValue();

            return self::isDeclared($field)
                || array_filter($values, static fn (string $secret): bool => str_contains($value, $secret)) !== [];
        };

        return array_map('strval', array_keys(array_filter($fields->getFields(), $isSecret)));
    }

    private static function isDeclared(ConfigField $field): bool
    {
        if (method_exists($field, 'isRedactable')) {
            return $field->isRedactable();
        }

        // Core before 2026.
        return $field->isSecret() || $field->getType() === 'password';
    }
}
