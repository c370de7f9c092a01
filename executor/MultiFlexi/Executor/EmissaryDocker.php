<?php

declare(strict_types=1);

namespace MultiFlexi\Executor;

use MultiFlexiEmissary\EmissaryExecutor;
use MultiFlexiEmissary\Logo;

require_once \dirname(__DIR__, 2) . '/MultiFlexiEmissary/autoload.php';

/**
 * Runs a job in a Docker container of the application's image.
 */
class EmissaryDocker extends EmissaryExecutor
{
    public static function name(): string
    {
        return 'Emissary: Docker';
    }

    public static function description(): string
    {
        return 'Run the job in a Docker container of its own image';
    }

    public static function logo(): string
    {
        return Logo::inColor('#1d63ed');
    }

    protected static function engine(): string
    {
        return 'docker';
    }
}
