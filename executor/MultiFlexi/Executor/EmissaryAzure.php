<?php

declare(strict_types=1);

namespace MultiFlexi\Executor;

use MultiFlexiEmissary\EmissaryExecutor;
use MultiFlexiEmissary\Logo;

require_once \dirname(__DIR__, 2) . '/MultiFlexiEmissary/autoload.php';

/**
 * Runs a job in an Azure container group of the application's image.
 */
class EmissaryAzure extends EmissaryExecutor
{
    public static function name(): string
    {
        return 'Emissary: Azure';
    }

    public static function description(): string
    {
        return 'Run the job in an Azure container group of its own image';
    }

    public static function logo(): string
    {
        return Logo::inColor('#0078d4');
    }

    protected static function engine(): string
    {
        return 'azure';
    }
}
