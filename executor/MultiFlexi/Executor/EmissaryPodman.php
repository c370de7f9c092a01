<?php

declare(strict_types=1);

namespace MultiFlexi\Executor;

use MultiFlexiEmissary\EmissaryExecutor;
use MultiFlexiEmissary\Logo;

require_once \dirname(__DIR__, 2) . '/MultiFlexiEmissary/autoload.php';

/**
 * Runs a job in a Podman container of the application's image.
 */
class EmissaryPodman extends EmissaryExecutor
{
    public static function name(): string
    {
        return 'Emissary: Podman';
    }

    public static function description(): string
    {
        return 'Run the job in a Podman container of its own image';
    }

    public static function logo(): string
    {
        return Logo::inColor('#892ca0');
    }

    protected static function engine(): string
    {
        return 'podman';
    }
}
