<?php

declare(strict_types=1);

namespace MultiFlexiEmissary;

use MultiFlexi\ConfigFields;

/**
 * The variables of a job.
 */
final class JobVariables
{
    /**
     * @param array<string, string> $values
     * @param list<string> $secrets names
     */
    private function __construct(public readonly array $values, public readonly array $secrets)
    {
    }

    public static function of(ConfigFields $fields, JobDirectories $directories): self
    {
        $values = [];

        foreach ($fields->getFields() as $name => $field) {
            if ($field->getValue() === null || \in_array($name, LaunchEnvironment::BY_JOB, true)) {
                continue;
            }

            $values[$name] = $directories->valueOf($field);

            if (preg_match('//u', $values[$name]) !== 1 || str_contains($values[$name], "\0")) {
                throw new \RuntimeException("the variable {$name} is not UTF-8 text");
            }
        }

        $values['MULTIFLEXI_TMP'] = $directories->own;
        $secrets = array_intersect(Secrets::namesIn($fields), array_map('strval', array_keys($values)));

        return new self($values, array_values($secrets));
    }
}
