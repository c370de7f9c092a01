<?php

declare(strict_types=1);

namespace MultiFlexiEmissary;

use MultiFlexi\Application;
use MultiFlexi\ConfigFields;

/**
 * The command of a job as core stores and shows it. It is never executed.
 */
final class CommandLine
{
    public static function of(Application $application, ConfigFields $fields): string
    {
        $secrets = Secrets::namesIn($fields);
        $values = [];

        foreach ($fields->getFields() as $name => $field) {
            $value = (string) $field->getValue();

            if ($value !== '' && !\in_array((string) $name, $secrets, true)) {
                $values['{' . $name . '}'] = $value;
            }
        }

        $parameters = strtr((string) $application->getDataValue('cmdparams'), $values);

        return trim($application->getDataValue('executable') . ' ' . $parameters);
    }
}
