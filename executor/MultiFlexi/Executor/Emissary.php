<?php

declare(strict_types=1);

namespace MultiFlexi\Executor;

use MultiFlexiEmissary\EmissaryExecutor;
use MultiFlexiEmissary\Logo;

require_once \dirname(__DIR__, 2) . '/MultiFlexiEmissary/autoload.php';

/**
 * Runs a job as processes of the MultiFlexi host, under the emissary.
 */
class Emissary extends EmissaryExecutor
{
    public static function name(): string
    {
        return 'Emissary';
    }

    public static function description(): string
    {
        return 'Run the job on the MultiFlexi host, with complete output, artifacts and exit code';
    }

    public static function logo(): string
    {
        return Logo::inColor('#4d5b73');
    }

    /**
     * @param mixed $app an application: like core's Native, this executor runs every one
     */
    public static function usableForApp($app): bool
    {
        return \is_object($app);
    }

    protected static function engine(): string
    {
        return 'native';
    }
}
