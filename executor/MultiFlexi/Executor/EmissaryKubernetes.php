<?php

declare(strict_types=1);

namespace MultiFlexi\Executor;

use MultiFlexiEmissary\EmissaryExecutor;
use MultiFlexiEmissary\Logo;

require_once \dirname(__DIR__, 2) . '/MultiFlexiEmissary/autoload.php';

/**
 * Runs a job in a Kubernetes pod of the application's image.
 */
class EmissaryKubernetes extends EmissaryExecutor
{
    public static function name(): string
    {
        return 'Emissary: Kubernetes';
    }

    public static function description(): string
    {
        return 'Run the job in a Kubernetes pod of its own image';
    }

    public static function logo(): string
    {
        return Logo::inColor('#326ce5');
    }

    protected static function engine(): string
    {
        return 'kubernetes';
    }

    /** Where the cluster has an operator's resources, a job needs no launcher to go on. */
    protected static function defaults(): array
    {
        return ['EMISSARY_VIA' => 'auto'];
    }
}
